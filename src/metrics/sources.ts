import type { TransportKind } from "../base/byte-stream.ts";
import type { Counters } from "../base/counters.ts";

/** What the metrics room asks of the rest of the broker; each function is called once per scrape, and walks over nothing that grows. */
export interface MetricsSources {
  readonly version: string;
  /** `storage.durability`: what an acknowledgement waits for. */
  readonly durability: "disk" | "os" | "memory";
  readonly counters: Counters;
  /** Why the broker cannot do its work; empty = healthy. */
  health(): readonly string[];
  connections(): readonly ConnectionCount[];
  sessions(): { readonly online: number; readonly offline: number };
  subscriptions(): number;
  retainedMessages(): number;
  sessionQueues(): { readonly messages: number; readonly bytes: number };
  /** Messages in the longest queue of a session, as last looked for. */
  longestSessionQueue(): number;
  bridges(): readonly BridgeFigures[];
  workQueues(): WorkQueueFigures;
  amqp(): AmqpFigures;
  /** How long what is due waits for the event loop: the mean of the last second. */
  loopDelayMs(): number;
}

/** The AMQP-style queues of a virtual host together. */
export interface HostFigures {
  readonly virtualHost: string;
  readonly exchanges: number;
  readonly bindings: number;
  readonly queues: number;
  readonly ready: number;
  readonly unacknowledged: number;
  readonly bytes: number;
  readonly consumers: number;
  /** Queues that hold messages and have no consumer. */
  readonly unread: number;
  readonly published: number;
  readonly delivered: number;
  readonly redelivered: number;
  readonly acknowledged: number;
  readonly requeued: number;
  readonly expired: number;
  readonly deadLettered: number;
  readonly purged: number;
  readonly refused: number;
  readonly timedOut: number;
  readonly dropped: ReadonlyMap<QueueDropReason, number>;
}

/** Why a message left a queue without having been acknowledged or dead-lettered. */
export type QueueDropReason =
  | "expired"
  | "maxlen"
  | "rejected"
  | "delivery_limit"
  | "cycle"
  | "target_full"
  | "memory";

export interface LargestQueue {
  readonly virtualHost: string;
  readonly queue: string;
  readonly ready: number;
  readonly unacknowledged: number;
  readonly bytes: number;
  readonly consumers: number;
}

export interface WorkQueueFigures {
  readonly hosts: readonly HostFigures[];
  /** Those with the most messages: at most `metrics.largestQueues`. */
  readonly largest: readonly LargestQueue[];
  /** What queues hold that are not durable. */
  readonly memoryBytes: number;
  /** Stored exchanges, queues and bindings the broker has started without. */
  readonly leftOut: number;
}

export interface AmqpFigures {
  readonly connections: number;
  readonly channels: number;
  readonly connectionsOpened: number;
  readonly connectionsRefused: number;
  readonly connectionsClosed: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly published: number;
  readonly delivered: number;
  readonly settled: number;
  readonly confirmed: number;
  readonly rejected: number;
  readonly returned: number;
  readonly channelErrors: number;
  readonly connectionErrors: number;
}

export interface ConnectionCount {
  readonly transport: TransportKind;
  /** The protocol level of CONNECT: 3 = MQTT 3.1, 4 = 3.1.1. */
  readonly protocolVersion: 3 | 4 | 5;
  readonly count: number;
}

/** A bridge's status as its runner gives it; names come from the configuration. */
export interface BridgeFigures {
  readonly name: string;
  readonly state: BridgeState;
  readonly matched: number;
  readonly heldAtStart: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly dropped: Readonly<Partial<Record<string, number>>>;
  readonly retried: number;
  readonly sendFailures: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly lagMs: number;
}

export type BridgeState = "connecting" | "up" | "retrying" | "blocked" | "stopped";
