import type { Counters } from "../base/counters.ts";
import type { MetricsSources } from "./sources.ts";

/** What the $SYS topics are made of, read once per interval. */
export interface SysSnapshot {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly counters: Counters;
  readonly sessions: ReturnType<MetricsSources["sessions"]>;
  /** The most that were connected at the end of an interval. */
  readonly maximumOnline: number;
  readonly subscriptions: number;
  readonly retainedMessages: number;
  readonly sessionQueues: ReturnType<MetricsSources["sessionQueues"]>;
  readonly heapBytes: number;
  readonly maximumHeapBytes: number;
  readonly loopDelayMs: number;
}

export const SYS_PREFIX = "$SYS/broker/";

/** Topics under `$SYS/broker/`, with Mosquitto's names, and what is published there. */
export const SYS_TOPICS: Readonly<Record<string, (snapshot: SysSnapshot) => string | number>> = {
  version: ({ version }) => `causeway version ${version}`,
  uptime: ({ uptimeSeconds }) => `${uptimeSeconds} seconds`,

  "clients/connected": ({ sessions }) => sessions.online,
  "clients/disconnected": ({ sessions }) => sessions.offline,
  "clients/total": ({ sessions }) => sessions.online + sessions.offline,
  "clients/maximum": ({ maximumOnline }) => maximumOnline,
  "clients/expired": ({ counters }) => counters.sessionsExpired,

  "messages/received": ({ counters }) => counters.packetsReceived,
  "messages/sent": ({ counters }) => counters.packetsSent,
  "messages/stored": stored,
  "store/messages/count": stored,
  "store/messages/bytes": ({ sessionQueues }) => sessionQueues.bytes,
  "publish/messages/received": ({ counters }) => sum(counters.messagesReceived),
  "publish/messages/sent": ({ counters }) => sum(counters.messagesSent),
  "publish/messages/dropped": ({ counters }) => sum(counters.dropped.values()),
  "publish/bytes/received": ({ counters }) => counters.payloadBytesReceived,
  "publish/bytes/sent": ({ counters }) => counters.payloadBytesSent,
  "bytes/received": ({ counters }) => counters.bytesReceived,
  "bytes/sent": ({ counters }) => counters.bytesSent,

  "subscriptions/count": ({ subscriptions }) => subscriptions,
  "retained messages/count": ({ retainedMessages }) => retainedMessages,
  "heap/current": ({ heapBytes }) => heapBytes,
  "heap/maximum": ({ maximumHeapBytes }) => maximumHeapBytes,
  "loop/delay": ({ loopDelayMs }) => loopDelayMs.toFixed(1),
};

/** Topics under `$SYS/broker/load/`: averages per minute of what these count, over each of `LOAD_MINUTES`. */
export const SYS_LOADS: Readonly<Record<string, (counters: Counters) => number>> = {
  "messages/received": ({ packetsReceived }) => packetsReceived,
  "messages/sent": ({ packetsSent }) => packetsSent,
  "publish/received": ({ messagesReceived }) => sum(messagesReceived),
  "publish/sent": ({ messagesSent }) => sum(messagesSent),
  "publish/dropped": ({ dropped }) => sum(dropped.values()),
  "bytes/received": ({ bytesReceived }) => bytesReceived,
  "bytes/sent": ({ bytesSent }) => bytesSent,
  sockets: ({ connectionsOpened }) => connectionsOpened,
  connections: ({ connectsReceived }) => connectsReceived,
};

export const LOAD_MINUTES: readonly number[] = [1, 5, 15];

function stored({ sessionQueues, retainedMessages }: SysSnapshot): number {
  return sessionQueues.messages + retainedMessages;
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
