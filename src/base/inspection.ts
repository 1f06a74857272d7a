import type { QoS } from "./qos.ts";

/*
 * What operators see of a broker: the rows of `/api/v1` and of `causeway inspect`. They travel as JSON, so what is
 * unknown or does not apply is null. Ages and times left are in milliseconds.
 */

/** What can be listed. */
export const SUBJECTS = ["sessions", "queues", "work-queues", "retained", "bridges"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** What rows can be sorted by, the largest first. */
export const SORT_KEYS = ["messages", "bytes", "age"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** Rows of one page at most. */
export const PAGE_LIMIT = 1000;

export interface WillRow {
  readonly topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly payloadBytes: number;
  readonly delaySeconds: number;
}

export interface SessionRow {
  readonly clientId: string;
  /** "" when anonymous. */
  readonly user: string;
  readonly isConnected: boolean;
  /** False: it ends with its connection and is in memory only. */
  readonly isDurable: boolean;
  /** Null while connected, and for a session that does not expire. */
  readonly expiresInMs: number | null;
  readonly subscriptions: number;
  /** The first of them. */
  readonly topicFilters: readonly string[];
  readonly messages: number;
  readonly bytes: number;
  /** Age of the oldest message that waits or is unacknowledged. */
  readonly oldestMs: number | null;
  /** QoS 2 messages received and not released. */
  readonly unreleased: number;
  /** Messages it went without since the broker started, by reason; null when no broker runs. */
  readonly dropped: Readonly<Record<string, number>> | null;
  readonly will: WillRow | null;
}

export interface QueueRow {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  readonly oldestMs: number | null;
  /** Null when no broker runs. */
  readonly consumers: number | null;
}

/** A consumer of an AMQP-style queue. */
export interface ConsumerRow {
  readonly tag: string;
  /** User and address; "" for an MQTT client. */
  readonly client: string;
  readonly noAck: boolean;
  readonly priority: number;
  readonly exclusive: boolean;
  /** Messages in its hands. */
  readonly held: number;
  /** For how long it has held the oldest of them. */
  readonly heldMs: number | null;
}

/** An AMQP-style queue. What is null is known of a running broker only. */
export interface WorkQueueRow {
  readonly name: string;
  readonly virtualHost: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  /** What its arguments ask for. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Ready. */
  readonly messages: number;
  readonly bytes: number;
  readonly oldestMs: number | null;
  readonly unacknowledged: number | null;
  /** For how long it has had messages or could have had them, and no consumer; null when it is empty or consumed. */
  readonly unreadMs: number | null;
  readonly consumerCount: number | null;
  /** The first of them. */
  readonly consumers: readonly ConsumerRow[];
  readonly bindingCount: number;
  /** The first of them, without the queue's own name on the default exchange. */
  readonly bindings: readonly { readonly exchange: string; readonly routingKey: string }[];
  /** Since the broker started. */
  readonly counters: Readonly<Record<string, number>> | null;
  readonly dropped: Readonly<Record<string, number>> | null;
}

export interface RetainedRow {
  readonly topicName: string;
  readonly qos: QoS;
  readonly bytes: number;
  readonly ageMs: number;
  readonly expiresInMs: number | null;
  readonly publisherId: string;
}

export interface BridgeRow {
  readonly name: string;
  /** Null when no broker runs; so is everything below but what waits. */
  readonly state: string | null;
  readonly messages: number;
  readonly bytes: number;
  readonly deadLetters: number;
  readonly lagMs: number | null;
  readonly delivered: number | null;
  readonly deadLettered: number | null;
  readonly dropped: Readonly<Record<string, number>> | null;
  readonly lastError: string | null;
}

export interface Rows {
  readonly sessions: SessionRow;
  readonly queues: QueueRow;
  readonly "work-queues": WorkQueueRow;
  readonly retained: RetainedRow;
  readonly bridges: BridgeRow;
}

export interface Summary {
  /** The broker's version; null when none runs. */
  readonly version: string | null;
  /** Why the broker cannot do its work; empty = healthy. */
  readonly problems: readonly string[];
  readonly sessions: { readonly total: number; readonly connected: number; readonly durable: number };
  readonly subscriptions: number;
  readonly queues: Amount;
  readonly largestQueue: string | null;
  readonly retained: Amount;
  readonly bridges: number;
}

/** Of queues, `count` is their number. */
export interface Amount {
  readonly count: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface Query {
  /** What names begin with; "" = all. */
  readonly filter: string;
  /** With a key: the rows with the highest values, in one page. */
  readonly sort: SortKey | undefined;
  /** 1 to PAGE_LIMIT. */
  readonly limit: number;
  /** From the page before; undefined = from the start. */
  readonly cursor: string | undefined;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** For the page that follows, which may be empty; null = this was the last one. */
  readonly cursor: string | null;
}

/** Who can be asked: a running broker, or a folder that no broker uses. */
export interface Inspection {
  summary(): Promise<Summary>;
  /** `unknown cursor`: not given out, or too long ago. `busy`: too many ask for sorted rows at the same time. */
  list<S extends Subject>(subject: S, query: Query): Promise<Page<Rows[S]> | "unknown cursor" | "busy">;
}
