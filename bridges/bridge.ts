import type { Clock } from "../src/base/clock.ts";
import type { Logger } from "../src/base/logger.ts";
import type { Message } from "../src/base/message.ts";
import type { QueuedMessage } from "../src/base/queued-message.ts";
import type { Forwarding } from "./forwarding.ts";
import type { TemplateInput } from "./template-input.ts";

/** One message on its way to a target under one mapping. */
export interface BridgeRecord {
  readonly queued: QueuedMessage;
  readonly message: Message;
  /** The message as templates see it. */
  readonly input: TemplateInput;
  /** Which mapping of the bridge matched: its place in `forward`, from 1. */
  readonly mapping: number;
  /** `<bridge>/<epoch>/<lane>/<seq>`: the same for every attempt, so that consumers can tell duplicates apart. */
  readonly bridgeSeq: string;
}

/** What became of one record of a batch. */
export type SendResult =
  | { readonly outcome: "delivered" }
  /** This record can never be delivered (too large, invalid target name, unroutable): it goes to the dead letters. */
  | { readonly outcome: "poison"; readonly reason: string }
  /** The target refused several records together and one of them is poison: the runner sends halves to find it. */
  | { readonly outcome: "split"; readonly reason: string }
  /** Worth another try: everything that is not known to be poison. */
  | { readonly outcome: "retry"; readonly reason: string }
  /** The configuration says that such a record is thrown away; counted under `reason`. */
  | { readonly outcome: "dropped"; readonly reason: BridgeDropReason };

/** Why a bridge gave a record up without delivering it or keeping it as a dead letter. */
export type BridgeDropReason = "expired" | "unroutable" | "outbox_full" | "corrupt_record";

/**
 * The driver of one lane to a target. The runner calls `connect` before the first `send` and after each `close`;
 * one `send` is in flight at a time. A batch is frozen: a retry hands over the same records in the same order.
 * A sink bounds the time of each call itself and never retries beyond one `send`; that is the runner's work.
 */
export interface Sink {
  /** Why the connected target takes nothing at the moment (RabbitMQ's connection.blocked); undefined when it does. */
  readonly blockedReason: string | undefined;
  /** Rejects with a BridgeError. */
  connect(): Promise<void>;
  /** One result per record, in order. Rejects only when nothing is known of any record (connection lost). */
  send(batch: readonly BridgeRecord[]): Promise<readonly SendResult[]>;
  /** Gives everything up, a send in flight too; never rejects for a connection that is gone. */
  close(): Promise<void>;
}

/**
 * A configured bridge: what the routing core and the runner need of it. Each `bridges/<kind>/<kind>-bridge.ts` exports
 * `createBridge(options, ports: BridgePorts): Bridge`, which throws a ConfigError.
 */
export interface Bridge {
  readonly name: string;
  /** Number of outbox lanes; fixed while any of them holds messages. */
  readonly lanes: number;
  /** One per mapping; a message that matches several becomes several records. */
  readonly forwardings: readonly Forwarding[];
  createSink(lane: number): Sink;
}

/** What every bridge kind is handed. */
export interface BridgePorts {
  readonly clock: Clock;
  readonly log: Logger;
}

/** A lane of the durable outbox, as the runner sees it; compose joins it to a queue of the state machine. */
export interface OutboxLane {
  /** Messages that are neither settled nor buried, those taken included. */
  readonly count: number;
  readonly bytes: number;
  /** Tells this lane apart from an earlier one of the same name: goes into `bridgeSeq`. */
  readonly epoch: string;
  /** Seq the next message will get: of everything below, what is not in the queue has been settled. */
  readonly nextSeq: number;
  /** `ready` is called whenever `take` may return something new, never from inside `take`. */
  attach(ready: () => void): void;
  /** What was taken and neither settled nor buried is taken again after the next `attach`. */
  detach(): void;
  /** The next message that is safely on disk and was not taken yet; undefined when there is none now. */
  take(): QueuedMessage | undefined;
  /** Delivered or dropped: removes it with the next batch written to disk. */
  settle(queued: QueuedMessage): void;
  /** Moves it to the bridge's dead-letter queue, in one atomic write; false when that queue is full. */
  bury(queued: QueuedMessage, reason: string): boolean;
}
