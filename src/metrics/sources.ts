import type { TransportKind } from "../base/byte-stream.ts";
import type { Counters } from "../base/counters.ts";

/** What the metrics room asks of the rest of the broker; each function is called once per scrape. */
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
  sessionQueues(): { readonly messages: number; readonly bytes: number; readonly largestMessages: number };
  bridges(): readonly BridgeFigures[];
  /** How long what is due waits for the event loop: the mean of the last second. */
  loopDelayMs(): number;
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
