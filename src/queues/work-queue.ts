import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { type Message, owned } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import { Refusal } from "../base/refusal.ts";
import { Alarm } from "./alarm.ts";
import { consumerPriorityOf } from "./consumer-priority.ts";
import { Consumers, RegisteredConsumer } from "./consumers.ts";
import {
  DEAD_LETTER_DELIVERY,
  type DeadLetterPorts,
  type DeadLetterQueue,
  DeadLetters,
} from "./dead-letters.ts";
import { Dispatcher, type GetAnswer } from "./dispatcher.ts";
import type { ConsumerRequest, Consuming, HostedQueue, QueueSettings } from "./hosted-queue.ts";
import type { LaneFeed } from "./lane-feed.ts";
import { LaneSet } from "./lane-set.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { ENTRY_OVERHEAD_BYTES, MemoryLane } from "./memory-lane.ts";
import { described } from "./names.ts";
import type { Lane, QueueReceiver } from "./ports.ts";
import { QueueCounters } from "./queue-counters.ts";
import { Turns } from "./turns.ts";
import { UnusedQueue } from "./unused-queue.ts";

/** What the queues of a virtual host ask of it: one object for all of them. */
export interface WorkQueuePorts<L extends Lane> extends DeadLetterPorts<L> {
  /** For messages to clients. */
  readonly hostName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** One for the whole broker. */
  readonly memory: MemoryBudget;
  /** `queue/<host>/<name>/<priority>`. */
  laneName(queueName: string, priority: number): string;
  /** The lane of this name, if there is one already. */
  findLane(name: string): L | undefined;
  /** The queue puts messages into this lane from now on. */
  laneOpened(lane: L, queue: WorkQueue<L>): void;
  /** Auto-delete or x-expires: the host removes the queue and calls its `delete`. */
  expired(queue: WorkQueue<L>): void;
}

/** Without consumers, what a durable queue has in memory is given up so long after it was last used. */
const IDLE_MS = 10_000;
/** Purges that wait for messages to be read and removed. */
const MAXIMUM_PURGES = 10_000;

/** A consumer, for operators. */
export interface ConsumerView {
  readonly tag: string;
  /** "" when it is not said. */
  readonly client: string;
  readonly noAck: boolean;
  readonly priority: number;
  readonly exclusive: boolean;
  /** Messages in its hands. */
  held: number;
  /** Milliseconds since the epoch: since when it holds the oldest of them. */
  heldSince: number | undefined;
}

/**
 * One queue with competing consumers. All that is to be done for it is done in its turns:
 *
 *     publish ─▶ lane ─┐                         ┌─▶ consumer ─▶ acknowledged │ given back │ rejected
 *                      ├─▶ turn: expire, ────────┼─▶ basic.get
 *     given back ──────┘   hand out, drop        └─▶ dead letters
 */
export class WorkQueue<L extends Lane> implements HostedQueue<L>, DeadLetterQueue<L> {
  readonly settings: QueueSettings;
  readonly counters = new QueueCounters();
  /** The queue for the routing core and for exchanges. */
  readonly receiver: QueueReceiver<L>;
  readonly #ports: WorkQueuePorts<L>;
  readonly #turns = new Turns(() => this.#work());
  readonly #lanes: LaneSet<L>;
  readonly #consumers: Consumers;
  readonly #dispatcher: Dispatcher<L>;
  readonly #deadLetters: DeadLetters<L>;
  readonly #unused: UnusedQueue;
  readonly #idle: Alarm;
  /** Told when nothing is left to purge. */
  readonly #purges: (() => void)[] = [];
  #usedAt: number;
  #unconsumedSince: number;
  #isGone = false;

  /** `wasHandedOut`: the process before ended without `close`, so all that waits may have been delivered. */
  constructor(settings: QueueSettings, ports: WorkQueuePorts<L>, { wasHandedOut } = { wasHandedOut: false }) {
    const { clock } = ports;
    this.settings = settings;
    this.#ports = ports;
    this.#usedAt = this.#unconsumedSince = clock.now();
    this.#consumers = new Consumers(settings.singleActiveConsumer);
    this.#deadLetters = new DeadLetters(settings, ports, this.counters);
    this.#lanes = this.#openLanes(wasHandedOut);
    this.#dispatcher = this.#makeDispatcher();
    this.#idle = new Alarm(clock, () => this.#rest());
    this.#unused = new UnusedQueue(
      clock,
      settings.expiresMs,
      () => this.#consumers.count > 0,
      () => ports.expired(this),
    );
    this.receiver = this.#entrance();
    // What expires while nobody consumes must reach the dead-letter exchange all the same.
    const mayDie = settings.messageTtlMs !== undefined || settings.deadLetterExchange !== undefined;
    if (mayDie && this.#lanes.readyCount > 0) this.#turns.ask();
  }

  get name(): string {
    return this.settings.name;
  }

  /** Ready messages. */
  get messageCount(): number {
    return this.#lanes.readyCount;
  }

  /** Payload bytes of ready messages. */
  get messageBytes(): number {
    return this.#lanes.readyBytes;
  }

  /** In consumers' hands. */
  get unacknowledged(): number {
    return this.#lanes.heldCount;
  }

  /** Where its messages wait, when they outlive the process: a lane for each priority that was used. */
  get durableLanes(): L[] {
    return this.#lanes.feeds.flatMap(({ durable }) => durable ?? []);
  }

  get consumerCount(): number {
    return this.#consumers.count;
  }

  /** Milliseconds since the epoch: since when nobody consumes what waits here; undefined = somebody does, or it is empty. */
  get unreadSince(): number | undefined {
    return this.#consumers.count === 0 && this.messageCount > 0 ? this.#unconsumedSince : undefined;
  }

  /** Its consumers, at most so many, and what each holds. */
  consumers(limit: number): ConsumerView[] {
    const views = new Map<RegisteredConsumer, ConsumerView>();
    for (const entry of this.#consumers.all()) {
      if (views.size === limit) break;
      const { tag, priority, exclusive, consumer } = entry;
      const { client = "", noAck } = consumer;
      views.set(entry, { tag, client, noAck, priority, exclusive, held: 0, heldSince: undefined });
    }
    for (const { holder, handedAt } of this.#dispatcher.held()) {
      const view = holder && views.get(holder);
      if (view === undefined) continue;
      view.held++;
      view.heldSince ??= handedAt;
    }
    return [...views.values()];
  }

  /** Messages that came in since the process started. */
  get published(): number {
    return this.#lanes.published;
  }

  /** A publication of this many payload bytes is refused: x-overflow reject-publish, or no memory is left. */
  rejects(bytes: number): boolean {
    if (!this.isFullFor(bytes)) return false;
    if (this.#consumers.count > 0) this.#turns.runNow(); // what consumers can take at once takes no room
    return this.isFullFor(bytes);
  }

  /** As `rejects`, without handing anything out first. */
  isFullFor(bytes: number): boolean {
    const { durable, overflow, maximumLength, maximumBytes } = this.settings;
    if (!durable && !this.#ports.memory.hasRoomFor(bytes + ENTRY_OVERHEAD_BYTES)) return true;
    if (overflow === "drop-head") return false;
    if (maximumLength !== undefined && this.#lanes.readyCount >= maximumLength) return true;
    return maximumBytes !== undefined && this.#lanes.readyBytes + bytes > maximumBytes;
  }

  /** A publication was turned away: counted, and dead-lettered with reject-publish-dlx. */
  refused(message: Message): void {
    this.counters.refused++;
    if (this.settings.overflow === "reject-publish-dlx")
      this.#deadLetters.divert(message, this.#ports.clock.now());
  }

  /** Messages were appended. Not needed after `receiver.queueFor` or `push`: they do the same. */
  pushed(): void {
    this.#turns.ask();
  }

  /** Into a queue in memory. Takes the message over: its payload is no view. */
  push(message: Message): void {
    this.#pushInMemory(message, DEAD_LETTER_DELIVERY);
  }

  /** Throws a `Refusal` when the queue is, or would have to be, consumed exclusively. */
  consume(request: ConsumerRequest): Consuming {
    const what = described("queue", this.name, this.#ports.hostName);
    const priority = consumerPriorityOf(request.arguments, what);
    const isRefused = request.exclusive
      ? this.settings.singleActiveConsumer || this.#consumers.count > 0
      : this.#consumers.isExclusive;
    if (isRefused) throw new Refusal("access", `${what} in exclusive use`);
    const entry = new RegisteredConsumer(request.consumer, priority, request.exclusive, request.tag);
    this.#consumers.add(entry);
    this.#turns.ask();
    return { ready: () => this.#ready(entry), cancel: () => this.#cancel(entry) };
  }

  /** basic.get: answers once, in this call when the head is in memory. */
  get(noAck: boolean, answer: GetAnswer): void {
    if (this.#isGone) {
      answer(undefined, 0);
      return;
    }
    this.touch();
    this.#dispatcher.addGet(noAck, answer);
    if (this.#turns.isRunning) this.#turns.ask();
    else this.#turns.runNow();
  }

  /**
   * Removes what is ready now; returns how many messages that are. What is in hands stays. `done` is told once, when all
   * of them have left the lanes, perhaps in this call; not when the process stops before.
   */
  purge(done: () => void): number {
    if (this.#purges.length >= MAXIMUM_PURGES) {
      const what = described("queue", this.name, this.#ports.hostName);
      throw new Refusal("precondition", `too many purges of ${what} are not finished`);
    }
    const count = this.#lanes.purge();
    this.counters.purged += count;
    this.#purges.push(done);
    this.#dispatcher.headsChanged();
    this.#tellPurged();
    return count;
  }

  /** Used: declared again, also passively. */
  touch(): void {
    this.#usedAt = this.#ports.clock.now();
    this.#unused.used();
  }

  /** The queue is gone, its messages too: consumers are told, and what they hold is nobody's. */
  delete(): void {
    if (this.#isGone) return;
    this.#stop();
    this.#lanes.drop();
    for (const { consumer } of this.#consumers.clear()) consumer.cancelled();
    this.#tellPurged();
  }

  /** The process stops: notes what was handed out. */
  close(): void {
    if (this.#isGone) return;
    this.#stop();
    this.#lanes.close();
  }

  #openLanes(wasHandedOut: boolean): LaneSet<L> {
    const ports = this.#ports;
    const { name, durable, maximumPriority } = this.settings;
    return new LaneSet<L>(
      {
        journal: ports.journal,
        memory: ports.memory,
        laneName: (priority) => ports.laneName(name, priority),
        findLane: (laneName) => ports.findLane(laneName),
        opened: (lane) => ports.laneOpened(lane, this),
        ready: () => this.#turns.ask(),
      },
      { durable, maximumPriority, wasHandedOut },
    );
  }

  #makeDispatcher(): Dispatcher<L> {
    return new Dispatcher<L>(this.settings, {
      clock: this.#ports.clock,
      turns: this.#turns,
      lanes: this.#lanes,
      consumers: this.#consumers,
      deadLetters: this.#deadLetters,
      counters: this.counters,
    });
  }

  #entrance(): QueueReceiver<L> {
    const { overflow, maximumLength, maximumBytes } = this.settings;
    return {
      mayRefuse: overflow !== "drop-head" && (maximumLength ?? maximumBytes) !== undefined,
      id: "",
      queueFor: (message) => this.#laneFor(message),
      deliver: (message, delivery) => this.#pushInMemory(owned(message), delivery),
    };
  }

  // hot: once per message, before it is appended
  #laneFor(message: Message): L | undefined {
    if (!this.settings.durable || this.#isGone) return undefined;
    const feed = this.#feedFor(message);
    this.#dispatcher.expect(message, feed);
    return feed.durable;
  }

  #pushInMemory(message: Message, delivery: Delivery): void {
    if (this.#isGone) return;
    if (!this.#ports.memory.hasRoomFor(message.payload.length + ENTRY_OVERHEAD_BYTES)) {
      this.#lostForWantOfMemory();
      return;
    }
    const feed = this.#feedFor(message);
    this.#dispatcher.expect(message, feed);
    if (feed.lane instanceof MemoryLane) feed.lane.push(message, delivery);
  }

  #lostForWantOfMemory(): void {
    const { logger, hostName, counters } = this.#ports;
    if (!this.counters.dropped.has("memory")) {
      logger.warn(
        { queue: this.name, virtualHost: hostName },
        "no memory is left for queues that are not durable",
      );
    }
    this.counters.drop("memory");
    counters.drop("queue_full");
  }

  #feedFor(message: Message): LaneFeed<L> {
    const { maximumPriority } = this.settings;
    if (maximumPriority === 0) return this.#lanes.feedOf(0);
    return this.#lanes.feedOf(Math.min(this.#ports.headers.priorityOf(message), maximumPriority));
  }

  /** One turn. */
  #work(): void {
    const lanes = this.#lanes;
    if (!lanes.isAttached && this.#dispatcher.needsLanes) lanes.attach();
    if (!lanes.isAttached) return;
    this.#dispatcher.work();
    if (this.#isGone) return;
    if (lanes.purgeOn()) this.#turns.ask();
    this.#tellPurged();
    if (!this.#turns.mayGoOn) return;
    lanes.seen();
    if (!this.#idle.isSet && !this.#isBusy) this.#idle.ringAt(this.#ports.clock.now() + IDLE_MS);
  }

  #ready(entry: RegisteredConsumer): void {
    if (this.#consumers.ready(entry)) this.#turns.ask();
  }

  #cancel(entry: RegisteredConsumer): void {
    if (entry.isGone) return;
    this.#consumers.remove(entry);
    this.#unconsumedSince = this.#ports.clock.now();
    this.touch();
    if (this.#consumers.count === 0 && this.settings.autoDelete) this.#ports.expired(this);
    else this.#turns.ask();
  }

  #tellPurged(): void {
    if (this.#purges.length === 0 || this.#lanes.isPurging) return;
    for (const done of this.#purges.splice(0)) done();
  }

  get #isBusy(): boolean {
    return this.#dispatcher.needsLanes || this.#lanes.heldCount > 0;
  }

  /** Nobody has used the queue for a while: what it holds in memory is read again when somebody does. */
  #rest(): void {
    if (this.#isBusy || this.#isGone) return;
    const restAt = this.#usedAt + IDLE_MS;
    if (restAt > this.#ports.clock.now()) this.#idle.ringAt(restAt);
    else this.#lanes.detach();
  }

  #stop(): void {
    this.#isGone = true;
    this.#turns.stop();
    this.#unused.close();
    this.#idle.clear();
    this.#dispatcher.stop();
  }
}
