import type { Clock } from "../base/clock.ts";
import { toClientId } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import { toTopicName } from "../base/topic-name.ts";
import type { MetricsSources } from "../metrics/sources.ts";
import { SysTopics } from "../metrics/sys-topics.ts";
import type { RetainedIndex } from "../routing/retained-index.ts";

/** Joins the $SYS topics to the routing core. They are retained in an index of their own, never in the store. */
export function createSysTopics(
  sources: MetricsSources,
  clock: Clock,
  retained: RetainedIndex,
  announce: (message: Message) => void,
): SysTopics {
  return new SysTopics({
    sources,
    clock,
    heapBytes: () => process.memoryUsage().heapUsed,
    publish: (topic, payload) => {
      const message = toMessage(topic, payload, clock.now());
      retained.set(message);
      announce(message);
    },
  });
}

function toMessage(topic: string, payload: string, now: number): Message {
  const topicName = toTopicName(topic);
  if (topicName === undefined) throw new TypeError(`not a topic name: ${topic}`);
  return {
    topicName,
    payload: Buffer.from(payload),
    qos: 0,
    retain: true,
    properties: undefined,
    publisherId: toClientId(""),
    receivedAt: now,
    expiresAt: 0,
    envelope: undefined,
  };
}
