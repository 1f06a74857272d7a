import type { Counters } from "../base/counters.ts";
import type { ConnectionCount, MetricsSources } from "../metrics/sources.ts";
import type { Connection } from "../mqtt/connection/connection.ts";
import type { MqttServer } from "../mqtt/connection/mqtt-server.ts";
import type { RetainedIndex } from "../routing/retained-index.ts";
import type { Router } from "../routing/router.ts";
import type { Queue } from "../state/queue.ts";
import type { RunningBridge } from "./bridges.ts";

export interface Observed {
  readonly version: string;
  readonly counters: Counters;
  readonly router: Router<Queue>;
  readonly retained: RetainedIndex;
  readonly bridges: readonly RunningBridge[];
  mqtt(): MqttServer;
  health(): readonly string[];
}

/** Joins the metrics to what they count. */
export function createSources({
  version,
  counters,
  router,
  retained,
  bridges,
  mqtt,
  health,
}: Observed): MetricsSources {
  return {
    version,
    counters,
    health,
    connections: () => countConnections(mqtt().connections()),
    sessions: () => {
      const { count, onlineCount } = mqtt().sessions;
      return { online: onlineCount, offline: count - onlineCount };
    },
    subscriptions: () => router.subscriptionCount,
    retainedMessages: () => retained.size,
    sessionQueues: () => measureQueues(mqtt()),
    bridges: () => bridges.map((bridge) => bridge.status()),
  };
}

function countConnections(connections: Iterable<Connection>): ConnectionCount[] {
  const counts = new Map<string, ConnectionCount>();
  for (const { isConnected, stream, version } of connections) {
    if (!isConnected) continue;
    const key = `${stream.transport}/${version}`;
    const count = (counts.get(key)?.count ?? 0) + 1;
    counts.set(key, { transport: stream.transport, protocolVersion: version, count });
  }
  return [...counts.values()];
}

function measureQueues({ sessions }: MqttServer): ReturnType<MetricsSources["sessionQueues"]> {
  let messages = 0;
  let bytes = 0;
  let largestMessages = 0;
  for (const session of sessions.sessions()) {
    const { queuedMessages } = session;
    messages += queuedMessages;
    bytes += session.queuedBytes;
    largestMessages = Math.max(largestMessages, queuedMessages);
  }
  return { messages, bytes, largestMessages };
}
