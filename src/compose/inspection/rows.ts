import type { BridgeRow, RetainedRow, WillRow } from "../../base/inspection.ts";
import type { Message } from "../../base/message.ts";
import { NEVER_EXPIRES } from "../../base/session-expiry.ts";
import type { SessionRecord, WillRecord } from "../../state/records.ts";

/** Filters shown of one session. */
export const SHOWN_FILTERS = 20;

export function willRow(will: WillRecord | undefined): WillRow | null {
  if (will === undefined) return null;
  const { topicName, qos, retain, payload } = will.message;
  return { topicName, qos, retain, payloadBytes: payload.length, delaySeconds: will.delayInterval };
}

export function retainedRow(
  message: Omit<Message, "payload" | "properties" | "envelope">,
  bytes: number,
  now: number,
): RetainedRow {
  const { topicName, qos, receivedAt, expiresAt, publisherId } = message;
  return {
    topicName,
    qos,
    bytes,
    ageMs: Math.max(0, now - receivedAt),
    expiresInMs: expiresAt === 0 ? null : Math.max(0, expiresAt - now),
    publisherId,
  };
}

/** Milliseconds until the session ends by itself; null while connected, and when it never does. */
export function expiresIn(
  { disconnectedAt, expiryInterval }: Pick<SessionRecord, "disconnectedAt" | "expiryInterval">,
  now: number,
): number | null {
  if (disconnectedAt === 0 || expiryInterval === NEVER_EXPIRES) return null;
  return Math.max(0, disconnectedAt + expiryInterval * 1000 - now);
}

interface HeldQueue {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

const BRIDGE_QUEUE = /^bridge\/(.*)\/(\d+|dead)$/;

/** What waits for each bridge, by the names of its queues. */
export function bridgeRows(queues: Iterable<HeldQueue>): Map<string, BridgeRow> {
  const rows = new Map<string, BridgeRow>();
  for (const queue of queues) {
    const [, name, lane] = BRIDGE_QUEUE.exec(queue.name) ?? [];
    if (name === undefined) continue;
    const row = rows.get(name) ?? emptyBridge(name);
    rows.set(name, lane === "dead" ? withDeadLetters(row, queue) : withLane(row, queue));
  }
  return rows;
}

function withLane(row: BridgeRow, { count, bytes }: HeldQueue): BridgeRow {
  return { ...row, messages: row.messages + count, bytes: row.bytes + bytes };
}

function withDeadLetters(row: BridgeRow, { count }: HeldQueue): BridgeRow {
  return { ...row, deadLetters: count };
}

function emptyBridge(name: string): BridgeRow {
  return {
    name,
    state: null,
    messages: 0,
    bytes: 0,
    deadLetters: 0,
    lagMs: null,
    delivered: null,
    deadLettered: null,
    dropped: null,
    lastError: null,
  };
}
