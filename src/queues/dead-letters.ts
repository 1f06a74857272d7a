import type { Counters, DropReason } from "../base/counters.ts";
import type { FieldTable } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import { addressOf, type DeathReason, furtherKeysOf, isAutomaticCycle, withDeath } from "./death.ts";
import type { LaneFeed } from "./lane-feed.ts";
import type { HeaderCodec, Lane, LaneTarget, QueueJournal, QueueReceiver } from "./ports.ts";
import type { QueueCounters } from "./queue-counters.ts";

/** A queue that may get a dead letter. */
export interface DeadLetterQueue<L> {
  readonly name: string;
  readonly receiver: QueueReceiver<L>;
  isFullFor(bytes: number): boolean;
  refused(message: Message): void;
  push(message: Message): void;
}

/** Where a dead letter goes. */
export interface DeadLetterRoute<L extends Lane> {
  readonly queues: Iterable<DeadLetterQueue<L>>;
  /** The receivers of its topic name get it as well. */
  readonly isRouted: boolean;
  /** Not these of them: `queues`, and those through which it would go round by itself. */
  readonly except: ReadonlySet<QueueReceiver<L>>;
}

export interface DeadLetterPorts<L extends Lane> {
  readonly journal: QueueJournal<L>;
  readonly counters: Pick<Counters, "drop">;
  readonly headers: HeaderCodec;
  /** Finds the queues without handing anything over; undefined: there is no such exchange (any more). */
  routeDeadLetter(
    message: Message,
    exchange: string,
    routingKeys: readonly string[],
  ): DeadLetterRoute<L> | undefined;
  /** A dead letter that does not leave a durable lane, or that reaches receivers of its topic name. */
  publishDeadLetter(
    targets: readonly LaneTarget<L>[],
    message: Message,
    isRouted: boolean,
    except: ReadonlySet<QueueReceiver<L>>,
  ): void;
}

/** The part of a queue's settings that says where its dead letters go. */
interface DeadLetterSettings {
  readonly name: string;
  readonly deadLetterExchange: string | undefined;
  readonly deadLetterRoutingKey: string | undefined;
}

interface Letter {
  readonly message: Message;
  readonly headers: FieldTable;
  readonly routingKeys: readonly string[];
}

/** The queues that take a letter. */
interface Takers<L> {
  readonly durable: LaneTarget<L>[];
  readonly inMemory: DeadLetterQueue<L>[];
  readonly isRouted: boolean;
  readonly except: ReadonlySet<QueueReceiver<L>>;
}

/** What a queue keeps of a message that came neither from a subscription nor a binding. */
export const DEAD_LETTER_DELIVERY: Delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };
/** For the broker's own figures: messages lost without anybody having asked for it. */
const LOSSES: Readonly<Partial<Record<DeathReason, DropReason>>> = {
  expired: "expired",
  maxlen: "queue_full",
};

/** Messages that a queue gives up: to its dead-letter exchange, in the write that takes them out, or lost and counted. */
export class DeadLetters<L extends Lane> {
  readonly #settings: DeadLetterSettings;
  readonly #ports: DeadLetterPorts<L>;
  readonly #counters: QueueCounters;

  constructor(settings: DeadLetterSettings, ports: DeadLetterPorts<L>, counters: QueueCounters) {
    this.#settings = settings;
    this.#ports = ports;
    this.#counters = counters;
  }

  /** The entry leaves its lane. `at` is in milliseconds since the epoch. */
  bury(from: LaneFeed<L>, seq: number, message: Message, reason: DeathReason, at: number): void {
    const letter = this.#letterFor(message, reason, at);
    const takers = letter === undefined ? undefined : this.#takersOf(letter);
    if (letter === undefined || takers === undefined) {
      from.store.settle(seq);
      this.#lost(reason);
      return;
    }
    if (from.durable !== undefined && !takers.isRouted) {
      this.#ports.journal.bury(from.durable, seq, letter.message, takers.durable);
    } else {
      this.#publish(letter, takers); // in the same turn, and so in the same write
      from.store.settle(seq);
    }
    this.#hand(letter, takers);
  }

  /** A publication that the queue refuses is a dead letter as well (x-overflow reject-publish-dlx). */
  divert(message: Message, at: number): void {
    const letter = this.#letterFor(message, "maxlen", at);
    const takers = letter === undefined ? undefined : this.#takersOf(letter);
    if (letter === undefined || takers === undefined) {
      this.#lost("maxlen");
      return;
    }
    this.#publish(letter, takers);
    this.#hand(letter, takers);
  }

  #letterFor(message: Message, reason: DeathReason, at: number): Letter | undefined {
    const { name, deadLetterExchange: exchange, deadLetterRoutingKey: fixedKey } = this.#settings;
    if (exchange === undefined) return undefined;
    const address = addressOf(message);
    const received = this.#ports.headers.headersOf(message);
    const furtherKeys = furtherKeysOf(received);
    const death = {
      reason,
      queue: name,
      at,
      exchange: address.exchange,
      routingKeys: [address.routingKey, ...furtherKeys],
      expirationMs: message.expiresAt === 0 ? undefined : message.expiresAt - message.receivedAt,
    };
    const noted = withDeath(received, death);
    // A fixed key is the only one: CC no longer counts.
    const headers = fixedKey === undefined ? noted : noted.filter((entry) => entry.name !== "CC");
    const routingKey = fixedKey ?? address.routingKey;
    const change = { exchange, routingKey, headers, withoutExpiration: true, receivedAt: at };
    return {
      message: this.#ports.headers.readdressed(message, change),
      headers,
      routingKeys: fixedKey === undefined ? death.routingKeys : [fixedKey],
    };
  }

  /** Undefined when nobody takes it. */
  #takersOf(letter: Letter): Takers<L> | undefined {
    const { deadLetterExchange = "" } = this.#settings;
    const route = this.#ports.routeDeadLetter(letter.message, deadLetterExchange, letter.routingKeys);
    if (route === undefined) return undefined;
    const { isRouted, except } = route;
    const takers: Takers<L> = { durable: [], inMemory: [], isRouted, except };
    for (const queue of route.queues) {
      if (!this.#mayGoTo(queue, letter)) continue;
      const lane = queue.receiver.queueFor(letter.message);
      if (lane === undefined) takers.inMemory.push(queue);
      else takers.durable.push({ queue: lane, delivery: DEAD_LETTER_DELIVERY });
    }
    const isTaken = isRouted || takers.durable.length > 0 || takers.inMemory.length > 0;
    return isTaken ? takers : undefined;
  }

  #mayGoTo(queue: DeadLetterQueue<L>, { message, headers }: Letter): boolean {
    if (isAutomaticCycle(queue.name, headers)) {
      this.#counters.drop("cycle");
      return false;
    }
    if (!queue.isFullFor(message.payload.length)) return true;
    this.#counters.drop("target_full");
    queue.refused(message);
    return false;
  }

  #publish({ message }: Letter, { durable, isRouted, except }: Takers<L>): void {
    if (durable.length > 0 || isRouted) this.#ports.publishDeadLetter(durable, message, isRouted, except);
  }

  #hand({ message }: Letter, { inMemory }: Takers<L>): void {
    for (const queue of inMemory) queue.push(message);
    this.#counters.deadLettered++;
  }

  #lost(reason: DeathReason): void {
    this.#counters.drop(reason);
    const loss = LOSSES[reason];
    if (loss !== undefined) this.#ports.counters.drop(loss);
  }
}
