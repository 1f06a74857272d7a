import { LaneFeed } from "./lane-feed.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { MemoryLane } from "./memory-lane.ts";
import type { Lane, LaneConsumer, QueueJournal } from "./ports.ts";

/** What one lane's consumers may hold unsettled; a lane that is held up delivers again when something is settled. */
const TAKEN_LIMITS = { entries: 100_000, bytes: 256 * 1024 * 1024 };

export interface LaneSetPorts<L extends Lane> {
  readonly journal: QueueJournal<L>;
  readonly memory: MemoryBudget;
  laneName(priority: number): string;
  findLane(name: string): L | undefined;
  /** Messages go into this lane from now on. */
  opened(lane: L): void;
  /** A lane may have something new. */
  ready(): void;
}

export interface LaneSetOptions {
  readonly durable: boolean;
  readonly maximumPriority: number;
  /** All that waits may have been delivered by the process before. */
  readonly wasHandedOut: boolean;
}

/** The lanes of one queue: one for each priority that was used, made on first use. */
export class LaneSet<L extends Lane> {
  readonly #ports: LaneSetPorts<L>;
  readonly #options: LaneSetOptions;
  readonly #byPriority: (LaneFeed<L> | undefined)[] = [];
  /** The highest priority first. */
  #feeds: LaneFeed<L>[] = [];
  readonly #consumer: LaneConsumer;
  #isAttached = false;
  /** Of lanes that are gone. */
  #publishedBefore = 0;

  constructor(ports: LaneSetPorts<L>, options: LaneSetOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#consumer = { committedOnly: false, takenLimits: TAKEN_LIMITS, ready: () => ports.ready() };
    if (options.durable) this.#findAll();
  }

  get feeds(): readonly LaneFeed<L>[] {
    return this.#feeds;
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  get readyCount(): number {
    let count = 0;
    for (const feed of this.#feeds) count += feed.readyCount;
    return count;
  }

  /** Payload bytes. */
  get readyBytes(): number {
    let bytes = 0;
    for (const feed of this.#feeds) bytes += feed.readyBytes;
    return bytes;
  }

  get heldCount(): number {
    let count = 0;
    for (const feed of this.#feeds) count += feed.heldCount;
    return count;
  }

  get published(): number {
    let count = this.#publishedBefore;
    for (const feed of this.#feeds) count += feed.published;
    return count;
  }

  /** The lane hands out nothing until something is settled. */
  get isHeldUp(): boolean {
    return this.#feeds.some(
      (feed) => feed.heldCount >= TAKEN_LIMITS.entries || feed.heldBytes >= TAKEN_LIMITS.bytes,
    );
  }

  // hot: once per message
  feedOf(priority: number): LaneFeed<L> {
    return this.#byPriority[priority] ?? this.#open(priority);
  }

  attach(): void {
    this.#isAttached = true;
    for (const feed of this.#feeds) feed.attach(this.#consumer);
  }

  /** Gives up what is in memory; only while nothing is in hands. A queue in memory has nothing else. */
  detach(): void {
    if (!this.#options.durable) return;
    this.#isAttached = false;
    for (const feed of this.#feeds) feed.detach();
  }

  /** Removes what is ready, at once where nothing is in hands; returns how much that is. */
  purge(): number {
    const count = this.readyCount;
    for (const feed of [...this.#feeds]) {
      if (feed.durable !== undefined && feed.heldCount === 0) this.#replace(feed, feed.durable);
      else feed.purge();
    }
    return count;
  }

  get isPurging(): boolean {
    return this.#feeds.some((feed) => feed.isPurging);
  }

  /** Goes on with purges; true when there is more to remove at once. */
  purgeOn(): boolean {
    let hasMore = false;
    for (const feed of this.#feeds) hasMore = feed.purgeOn() || hasMore;
    return hasMore;
  }

  /** The queue has looked at all that came so far. */
  seen(): void {
    for (const feed of this.#feeds) feed.seen();
  }

  /** The queue is gone. */
  drop(): void {
    for (const feed of this.#feeds) {
      if (feed.durable !== undefined) this.#ports.journal.dropLane(feed.durable);
      else if (feed.lane instanceof MemoryLane) feed.lane.clear();
    }
    this.#feeds = [];
    this.#byPriority.length = 0;
  }

  /** The process stops. */
  close(): void {
    for (const { durable, deliveredEnd } of this.#feeds) {
      if (durable === undefined) continue;
      this.#ports.journal.mark(durable, deliveredEnd);
      durable.detach();
    }
    this.#isAttached = false;
  }

  #findAll(): void {
    for (let priority = 0; priority <= this.#options.maximumPriority; priority++) {
      const lane = this.#ports.findLane(this.#ports.laneName(priority));
      if (lane !== undefined) this.#addDurable(priority, lane, this.#options.wasHandedOut);
    }
  }

  #open(priority: number): LaneFeed<L> {
    const name = this.#ports.laneName(priority);
    if (this.#options.durable)
      return this.#addDurable(priority, this.#ports.journal.declareLane(name), false);
    const lane = new MemoryLane(name, this.#ports.memory);
    return this.#add(new LaneFeed<L>(priority, lane, undefined, lane, 0));
  }

  #addDurable(priority: number, lane: L, wasHandedOut: boolean): LaneFeed<L> {
    const { journal } = this.#ports;
    const store = {
      settle: (seq: number) => journal.settle(lane, seq),
      requeue: (seq: number, deliveryCount: number) => journal.requeue(lane, seq, deliveryCount),
    };
    this.#ports.opened(lane);
    const redeliveredBelow = wasHandedOut ? lane.nextSeq : lane.sentEnd;
    return this.#add(new LaneFeed(priority, lane, lane, store, redeliveredBelow));
  }

  #add(feed: LaneFeed<L>): LaneFeed<L> {
    this.#byPriority[feed.priority] = feed;
    this.#feeds = [...this.#feeds, feed].sort((a, b) => b.priority - a.priority);
    if (this.#isAttached || feed.durable === undefined) feed.attach(this.#consumer);
    return feed;
  }

  /** Dropping a lane and declaring it anew costs the same however long it is. */
  #replace(feed: LaneFeed<L>, lane: L): void {
    this.#publishedBefore += feed.published;
    this.#feeds = this.#feeds.filter((other) => other !== feed);
    this.#ports.journal.dropLane(lane);
    this.#addDurable(feed.priority, this.#ports.journal.declareLane(lane.name), false);
  }
}
