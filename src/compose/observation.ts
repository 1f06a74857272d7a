import type { AmqpServer } from "../amqp/connection/amqp-server.ts";
import type { Counters } from "../base/counters.ts";
import type { LoopDelay } from "../base/loop-delay.ts";
import type { AmqpFigures, ConnectionCount, MetricsSources } from "../metrics/sources.ts";
import type { Connection } from "../mqtt/connection/connection.ts";
import type { MqttServer } from "../mqtt/connection/mqtt-server.ts";
import type { RetainedIndex } from "../routing/retained-index.ts";
import type { Router } from "../routing/router.ts";
import type { Queue } from "../state/queue.ts";
import type { RunningBridge } from "./bridges.ts";
import type { QueueLimits } from "./queue-limits.ts";
import { QueueFigures } from "./queues/queue-figures.ts";
import type { QueueHosts } from "./queues/queue-hosts.ts";

export interface Observed {
  readonly version: string;
  readonly durability: MetricsSources["durability"];
  readonly counters: Counters;
  readonly limits: QueueLimits;
  readonly router: Router<Queue>;
  readonly retained: RetainedIndex;
  readonly bridges: readonly RunningBridge[];
  readonly loopDelay: LoopDelay;
  /** `metrics.largestQueues`. */
  readonly largestQueues: number;
  queues(): QueueHosts;
  amqp(): AmqpServer;
  mqtt(): MqttServer;
  health(): readonly string[];
}

/** Joins the metrics to what they count. */
export function createSources({
  version,
  durability,
  counters,
  limits,
  router,
  retained,
  bridges,
  loopDelay,
  largestQueues,
  queues,
  amqp,
  mqtt,
  health,
}: Observed): MetricsSources {
  const workQueues = new QueueFigures(queues, largestQueues);
  const longest = new LongestQueue(() => mqtt().sessions);
  return {
    version,
    durability,
    counters,
    health,
    connections: () => countConnections(mqtt().connections()),
    sessions: () => {
      const { count, onlineCount } = mqtt().sessions;
      return { online: onlineCount, offline: count - onlineCount };
    },
    subscriptions: () => router.subscriptionCount,
    retainedMessages: () => retained.size,
    sessionQueues: () => ({
      messages: limits.durable.messages + limits.transient.messages,
      bytes: limits.durable.bytes + limits.transient.bytes,
      largestMessages: longest.find(),
    }),
    bridges: () => bridges.map((bridge) => bridge.status()),
    workQueues: () => workQueues.read(),
    amqp: () => amqpFigures(amqp()),
    loopDelayMs: () => loopDelay.meanMs,
  };
}

function amqpFigures(server: AmqpServer): AmqpFigures {
  let channels = 0;
  for (const { channelCount } of server.connections()) channels += channelCount;
  return { ...server.counters, connections: server.connectionCount, channels };
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

interface Queueing {
  readonly queuedMessages: number;
}

interface Sessions {
  sessions(): Iterator<Queueing>;
}

/** Sessions looked at in one turn: so many are looked at as soon as somebody asks. */
const LOOKED_AT_ONCE = 5000;

/** Finds the longest queue. With many sessions that takes some turns: the answer is the one found before. */
export class LongestQueue {
  readonly #sessions: () => Sessions;
  #messages = 0;
  #isLooking = false;

  constructor(sessions: () => Sessions) {
    this.#sessions = sessions;
  }

  find(): number {
    if (!this.#isLooking) this.#look(this.#sessions().sessions(), 0);
    return this.#messages;
  }

  #look(sessions: Iterator<Queueing>, longestBefore: number): void {
    let longest = longestBefore;
    for (let i = 0; i < LOOKED_AT_ONCE; i++) {
      const { value: session } = sessions.next();
      if (session === undefined) {
        this.#messages = longest;
        this.#isLooking = false;
        return;
      }
      longest = Math.max(longest, session.queuedMessages);
    }
    this.#isLooking = true;
    setImmediate(() => this.#look(sessions, longest));
  }
}
