import type { AmqpServer } from "../amqp/connection/amqp-server.ts";
import type { Counters } from "../base/counters.ts";
import type { LoopDelay } from "../base/loop-delay.ts";
import type { AmqpFigures, MetricsSources } from "../metrics/sources.ts";
import type { MqttServer } from "../mqtt/connection/mqtt-server.ts";
import type { RetainedIndex } from "../routing/retained-index.ts";
import type { Router } from "../routing/router.ts";
import type { Queue } from "../state/queue.ts";
import type { RunningBridge } from "./bridges.ts";
import { LongestQueue, type Sessions } from "./longest-queue.ts";
import type { QueueLimits } from "./queue-limits.ts";
import { QueueFigures } from "./queues/queue-figures.ts";
import type { QueueHosts } from "./queues/queue-hosts.ts";

/** Their connections are not among it: a scrape walks over none. */
type ObservedAmqp = Pick<AmqpServer, "counters" | "connectionCount">;
interface ObservedMqtt extends Pick<MqttServer, "connectedClients"> {
  readonly sessions: Sessions & Pick<MqttServer["sessions"], "count" | "onlineCount">;
}

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
  amqp(): ObservedAmqp;
  mqtt(): ObservedMqtt;
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
    connections: () => mqtt().connectedClients(),
    sessions: () => {
      const { count, onlineCount } = mqtt().sessions;
      return { online: onlineCount, offline: count - onlineCount };
    },
    subscriptions: () => router.subscriptionCount,
    retainedMessages: () => retained.size,
    sessionQueues: () => ({
      messages: limits.durable.messages + limits.transient.messages,
      bytes: limits.durable.bytes + limits.transient.bytes,
    }),
    longestSessionQueue: () => longest.find(),
    bridges: () => bridges.map((bridge) => bridge.status()),
    workQueues: () => workQueues.read(),
    amqp: () => amqpFigures(amqp()),
    loopDelayMs: () => loopDelay.meanMs,
  };
}

function amqpFigures({ counters, connectionCount }: ObservedAmqp): AmqpFigures {
  const channels = counters.channelsOpened - counters.channelsClosed;
  return { ...counters, connections: connectionCount, channels };
}
