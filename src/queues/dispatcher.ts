import type { Clock } from "../base/clock.ts";
import type { Message } from "../base/message.ts";
import { Alarm } from "./alarm.ts";
import type { Consumers, RegisteredConsumer } from "./consumers.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { DeathReason } from "./death.ts";
import { type DeliveryOwner, HandedDelivery, Hands } from "./hands.ts";
import type { QueueDelivery, QueueSettings } from "./hosted-queue.ts";
import type { LaneFeed } from "./lane-feed.ts";
import type { LaneSet } from "./lane-set.ts";
import type { Lane } from "./ports.ts";
import type { QueueCounters } from "./queue-counters.ts";
import type { ReadyEntry } from "./returned-entries.ts";
import type { Turns } from "./turns.ts";

export interface DispatcherPorts<L extends Lane> {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly lanes: LaneSet<L>;
  readonly consumers: Consumers;
  readonly deadLetters: DeadLetters<L>;
  readonly counters: QueueCounters;
}

export type GetAnswer = (delivery: QueueDelivery | undefined, remaining: number) => void;

interface PendingGet {
  readonly noAck: boolean;
  readonly answer: GetAnswer;
}

/** Requests of basic.get that wait for a page from disk. */
const MAXIMUM_GETS = 10_000;
const NEVER = Number.POSITIVE_INFINITY;

/** What happens to the ready messages of a queue in its turn: handed out, expired, dropped; and to those given back. */
export class Dispatcher<L extends Lane> {
  readonly #settings: QueueSettings;
  readonly #ports: DispatcherPorts<L>;
  readonly #hands: Hands<LaneFeed<L>>;
  readonly #expiry: Alarm;
  readonly #gets: PendingGet[] = [];
  readonly #owner: DeliveryOwner<LaneFeed<L>> = {
    acknowledged: (delivery) => this.#acknowledged(delivery),
    returned: (delivery) => this.#returned(delivery),
    rejected: (delivery) => this.#rejected(delivery),
  };
  /** Some message in the queue may expire. */
  #mayExpire: boolean;
  /** The first message of each lane is the one the alarm was set for. */
  #areHeadsKnown = false;
  #isStopped = false;

  constructor(settings: QueueSettings, ports: DispatcherPorts<L>) {
    this.#settings = settings;
    this.#ports = ports;
    this.#hands = new Hands(ports.clock, settings.consumerTimeoutMs, ports.counters);
    this.#expiry = new Alarm(ports.clock, () => this.headsChanged());
    this.#mayExpire = settings.messageTtlMs !== undefined || ports.lanes.readyCount > 0;
  }

  /** The turn has something to do that needs the lanes' messages in memory. */
  get needsLanes(): boolean {
    const { consumers, lanes } = this.#ports;
    if (consumers.count > 0 || this.#gets.length > 0 || this.#isOverfull || lanes.isPurging) return true;
    return this.#mayExpire && !this.#areHeadsKnown && lanes.readyCount > 0;
  }

  // hot: once per message, before it is appended
  expect(message: Message, feed: LaneFeed<L>): void {
    if (message.expiresAt !== 0) this.#mayExpire = true;
    if (this.#areHeadsKnown && feed.readyCount === 0) this.#areHeadsKnown = false;
    this.#ports.turns.ask();
  }

  /** Other messages may be first now, or they may be due. */
  headsChanged(): void {
    this.#areHeadsKnown = false;
    this.#ports.turns.ask();
  }

  addGet(noAck: boolean, answer: GetAnswer): void {
    if (this.#gets.length >= MAXIMUM_GETS) answer(undefined, 0);
    else this.#gets.push({ noAck, answer });
  }

  /** One turn. */
  work(): void {
    const now = this.#ports.clock.now();
    this.#serveGets(now);
    this.#handOut(now);
    this.#dropOverflow(now);
    if (this.#mayExpire && !this.#areHeadsKnown) this.#expireHeads(now);
  }

  /** What is in hands, from the one that is held longest. */
  held(): IterableIterator<HandedDelivery<LaneFeed<L>>> {
    return this.#hands.all();
  }

  /** What is in hands is nobody's any more; who waits for an answer gets it. */
  stop(): void {
    this.#isStopped = true;
    this.#expiry.clear();
    this.#hands.close();
    for (const { answer } of this.#gets.splice(0)) answer(undefined, 0);
  }

  // handing out

  #serveGets(now: number): void {
    const { lanes, turns } = this.#ports;
    while (this.#gets.length > 0 && turns.mayGoOn) {
      const feed = this.#first(now, false);
      const isEmpty = lanes.readyCount === 0 || lanes.isHeldUp;
      if (feed === undefined && !isEmpty) return; // being read, or too much for this turn
      const pending = this.#gets.shift() as PendingGet;
      const delivery = feed && this.#take(feed, undefined, pending.noAck, now);
      pending.answer(delivery, lanes.readyCount);
    }
  }

  // hot: once per message
  #handOut(now: number): void {
    const { consumers, turns } = this.#ports;
    while (turns.mayGoOn && consumers.hasReady) {
      const feed = this.#first(now, true);
      if (feed === undefined) return;
      const holder = consumers.pick(feed.peek()?.message?.payload.length ?? 0);
      if (holder === undefined) return;
      const { consumer } = holder;
      const delivery = this.#take(feed, holder, consumer.noAck, now);
      if (delivery !== undefined) consumer.deliver(delivery);
    }
  }

  /**
   * The lane with the first message, after those that are too late have gone. Undefined when there is none, or when it
   * is still being read: a lower priority does not overtake it. `canBeNow`: a consumer may take it at once.
   */
  #first(now: number, canBeNow: boolean): LaneFeed<L> | undefined {
    for (const feed of this.#ports.lanes.feeds) {
      for (let entry = feed.peek(); entry !== undefined; entry = feed.peek()) {
        const isHere = entry.message !== undefined;
        if (isHere && !(this.#mayExpire && this.#isTooLate(feed, entry, now, canBeNow))) return feed;
        this.#bury(feed, entry, "expired", now);
        if (!this.#ports.turns.mayGoOn) return undefined;
      }
      if (feed.readyCount > 0) return undefined;
    }
    return undefined;
  }

  #take(
    feed: LaneFeed<L>,
    holder: RegisteredConsumer | undefined,
    noAck: boolean,
    now: number,
  ): HandedDelivery<LaneFeed<L>> | undefined {
    const entry = feed.peek();
    if (entry?.message === undefined) return undefined;
    const { message, seq, deliveryCount } = entry;
    const { showsDeliveryCount } = this.#settings;
    const redelivered = feed.isRedelivered(entry);
    this.#leave(feed);
    const { counters } = this.#ports;
    counters.delivered++;
    if (redelivered) counters.redelivered++;
    const delivery = new HandedDelivery(
      message,
      seq,
      deliveryCount,
      showsDeliveryCount,
      redelivered,
      feed,
      holder,
      now,
      noAck ? undefined : this.#owner,
    );
    if (noAck) {
      counters.acknowledged++;
      feed.store.settle(seq);
      return delivery;
    }
    feed.handedOut(seq, message.payload.length);
    this.#hands.add(delivery);
    return delivery;
  }

  /** The first entry is no longer ready. */
  #leave(feed: LaneFeed<L>): void {
    feed.advance();
    this.#areHeadsKnown = false;
    this.#ports.turns.step();
  }

  // coming back

  #acknowledged(delivery: HandedDelivery<LaneFeed<L>>): void {
    if (!this.#letGo(delivery)) return;
    this.#ports.counters.acknowledged++;
    delivery.from.store.settle(delivery.seq);
    this.#askAgain(delivery.holder);
  }

  /** The message keeps its place; one that came back too often is dead-lettered. */
  #returned(delivery: HandedDelivery<LaneFeed<L>>): void {
    if (!this.#letGo(delivery)) return;
    const { from, seq, message } = delivery;
    const deliveryCount = delivery.deliveryCount + 1;
    this.#ports.counters.requeued++;
    const { deliveryLimit } = this.#settings;
    if (deliveryLimit !== undefined && deliveryCount > deliveryLimit) {
      this.#ports.deadLetters.bury(from, seq, message, "delivery_limit", this.#ports.clock.now());
    } else {
      from.store.requeue(seq, deliveryCount);
      from.giveBack({ seq, message, deliveryCount });
      this.headsChanged();
    }
    this.#askAgain(delivery.holder);
  }

  #rejected(delivery: HandedDelivery<LaneFeed<L>>): void {
    if (!this.#letGo(delivery)) return;
    const { from, seq, message } = delivery;
    this.#ports.deadLetters.bury(from, seq, message, "rejected", this.#ports.clock.now());
    this.#askAgain(delivery.holder);
  }

  #letGo(delivery: HandedDelivery<LaneFeed<L>>): boolean {
    if (this.#isStopped) return false;
    this.#hands.remove(delivery);
    delivery.from.released(delivery.message.payload.length);
    return true;
  }

  #askAgain(holder: RegisteredConsumer | undefined): void {
    const { consumers, turns } = this.#ports;
    const isWanted = holder !== undefined && consumers.ready(holder);
    if (isWanted || this.#gets.length > 0 || consumers.count === 0) turns.ask();
  }

  // going without being handed out

  get #isOverfull(): boolean {
    const { overflow, maximumLength = NEVER, maximumBytes = NEVER } = this.#settings;
    if (overflow !== "drop-head" || (maximumLength === NEVER && maximumBytes === NEVER)) return false;
    const { lanes } = this.#ports;
    return lanes.readyCount > maximumLength || lanes.readyBytes > maximumBytes;
  }

  /** Drops the first messages; what must be read for that is dropped when it has come: until then there is more. */
  #dropOverflow(now: number): void {
    while (this.#isOverfull && this.#ports.turns.mayGoOn) {
      const feed = this.#ports.lanes.feeds.find(({ readyCount }) => readyCount > 0);
      const entry = feed?.peek();
      if (feed === undefined || entry === undefined) return;
      this.#bury(feed, entry, "maxlen", now);
    }
  }

  /** The first message of each lane is looked at; the alarm rings when the first of them is due. */
  #expireHeads(now: number): void {
    const { lanes, turns } = this.#ports;
    this.#areHeadsKnown = true;
    for (const feed of lanes.feeds) {
      let entry = feed.peek();
      for (; entry !== undefined && this.#isTooLate(feed, entry, now, false); entry = feed.peek()) {
        this.#bury(feed, entry, "expired", now);
        if (!turns.mayGoOn) return;
      }
      if (entry === undefined) this.#areHeadsKnown &&= feed.readyCount === 0;
      else this.#ringFor(entry);
    }
    if (lanes.readyCount + lanes.heldCount === 0) this.#mayExpire = this.#settings.messageTtlMs !== undefined;
  }

  #ringFor({ message }: ReadyEntry): void {
    const due = message === undefined ? NEVER : this.#dueAt(message);
    if (due !== NEVER) this.#expiry.ringAt(due);
  }

  /** What must be delivered at once or never (TTL 0) is not too late in the turn after it came, for who takes it then. */
  #isTooLate(feed: LaneFeed<L>, entry: ReadyEntry, now: number, canBeNow: boolean): boolean {
    const { message } = entry;
    if (message === undefined) return true;
    const due = this.#dueAt(message);
    if (due > now) return false;
    return !(canBeNow && due <= message.receivedAt && feed.isFresh(entry));
  }

  /** The smaller of the queue's and the message's own time to live counts. */
  #dueAt({ receivedAt, expiresAt }: Message): number {
    const { messageTtlMs = NEVER } = this.#settings;
    return Math.min(expiresAt === 0 ? NEVER : expiresAt, receivedAt + messageTtlMs);
  }

  /** The entry that `peek` showed leaves the queue. */
  #bury(feed: LaneFeed<L>, { seq, message }: ReadyEntry, reason: DeathReason, at: number): void {
    this.#leave(feed);
    if (message === undefined) {
      feed.store.settle(seq);
      return;
    }
    if (reason === "expired") this.#ports.counters.expired++;
    this.#ports.deadLetters.bury(feed, seq, message, reason, at);
  }
}
