import type { QoS } from "../../src/base/qos.ts";

/** A message as the simulation knows it; every one has a payload of its own. */
export interface SentMessage {
  readonly id: string;
  readonly publisherId: string;
  /** Rises with every message of its publisher; 0 for wills. */
  readonly number: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** False for what may overtake, or be overtaken: wills, and QoS 0 sent before CONNACK over one of several connections. */
  readonly isOrdered: boolean;
  /** Milliseconds; 0 = does not expire. */
  readonly expiryMs: number;
  /** Bytes of padding, so that some bodies are shared by their receivers. */
  readonly padding: number;
  /** Moments count what happens at the broker's border; 0 = has not happened. */
  readonly madeAt: number;
  /** How often it reached the broker. */
  arrivals: number;
  /** On the clock: the broker had read it by then, the last time; Infinity = perhaps it has not. */
  readByMs: number;
  firstArrivedAtMs: number;
  /** It reached the broker for the first time. */
  firstArrivedAt: number;
  /** It was acknowledged: PUBACK or PUBREC left the broker. */
  acknowledgedAt: number;
  /** It will not be sent any more. */
  closedAt: number;
}

export function textOf(message: SentMessage): string {
  return message.padding === 0 ? message.id : `${message.id} ${"x".repeat(message.padding)}`;
}

export function idOf(payload: Buffer | string): string {
  return String(payload).split(" ", 1)[0] as string;
}
