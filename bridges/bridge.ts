import type { QueuedMessage } from "../src/base/queued-message.ts";

/** One message on its way to a target. */
export interface BridgeRecord {
  readonly queued: QueuedMessage;
  /** `<bridge>/<epoch>/<lane>/<seq>`: the same for every attempt, so that consumers can tell duplicates apart. */
  readonly bridgeSeq: string;
}

/** What became of one record of a batch. */
export type SendResult =
  | { readonly outcome: "delivered" }
  /** This record can never be delivered (too large, invalid target name, unroutable): it goes to the dead letters. */
  | { readonly outcome: "poison"; readonly reason: string }
  /** Worth another try: everything that is not known to be poison. */
  | { readonly outcome: "retry"; readonly reason: string };

/**
 * The driver of one lane to a target. The runner calls `connect` before the first `send` and after each `close`;
 * one `send` is in flight at a time. A batch is frozen: a retry hands over the same records in the same order.
 * A sink never retries by itself beyond one `send`; that is the runner's work.
 */
export interface Sink {
  /** Rejects with a BridgeError. */
  connect(): Promise<void>;
  /** One result per record, in order. Rejects only when nothing is known of any record (connection lost). */
  send(batch: readonly BridgeRecord[]): Promise<readonly SendResult[]>;
  close(): Promise<void>;
}

/** What `bridges/<kind>/index` offers compose: options checked by the kind's own schema, one sink per lane. */
export interface BridgeKind<Options> {
  /** Topic filters this bridge forwards, in the order of its mappings. */
  filters(options: Options): readonly string[];
  /** Partition key of a message under a mapping: messages with the same key keep their order. */
  key(options: Options, mapping: number, queued: QueuedMessage): string;
  createSink(options: Options, lane: number, ports: SinkPorts): Sink;
}

export interface SinkPorts {
  readonly bridgeName: string;
  log(level: "info" | "warn" | "error", fields: object, message: string): void;
}

/** A lane of the durable outbox, as the runner sees it; compose joins it to a queue of the state machine. */
export interface OutboxLane {
  readonly count: number;
  readonly bytes: number;
  /** Tells this lane apart from an earlier one of the same name: goes into `bridgeSeq`. */
  readonly epoch: string;
  /** Seq the next message will get: of everything below, what is not in the queue has been settled. */
  readonly nextSeq: number;
  /** `ready` is called whenever `take` may return something new. */
  attach(ready: () => void): void;
  detach(): void;
  /** The next message that is safely on disk and was not taken yet; undefined when there is none now. */
  take(): QueuedMessage | undefined;
  /** Delivered: removes it with the next batch written to disk. */
  settle(queued: QueuedMessage): void;
  /** Moves it to the bridge's dead-letter queue, in one atomic write. */
  bury(queued: QueuedMessage, reason: string): void;
}
