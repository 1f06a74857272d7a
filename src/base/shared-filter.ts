import type { TopicFilter } from "./ids.ts";
import { toTopicFilter } from "./topic-filter.ts";

const PREFIX = "$share/";
const QUEUE_PREFIX = "$queue/";

/** A shared subscription taken apart (MQTT 5 §4.8.2). */
export interface SharedFilter {
  readonly shareName: string;
  readonly topicFilter: TopicFilter;
  /** Set for `$queue/{name}`: the client is one of that queue's consumers, and no topic filter counts. */
  readonly queueName: string | undefined;
}

/** Whether several clients share what matches: each message goes to one of them. */
export function isShared(filter: string): boolean {
  return filter.startsWith(PREFIX) || filter.startsWith(QUEUE_PREFIX);
}

/**
 * `$share/{ShareName}/{filter}`; undefined when the name is empty or has a wildcard, or no filter follows
 * [MQTT-4.8.2-1]. `$queue/{name}`: undefined when the name is empty or has a wildcard.
 */
export function parseShared(filter: string): SharedFilter | undefined {
  if (filter.startsWith(QUEUE_PREFIX)) return parseQueue(filter);
  const end = filter.indexOf("/", PREFIX.length);
  if (!filter.startsWith(PREFIX) || end <= PREFIX.length) return undefined;
  const shareName = filter.slice(PREFIX.length, end);
  const topicFilter = toTopicFilter(filter.slice(end + 1));
  if (/[+#]/.test(shareName) || topicFilter === undefined) return undefined; // [MQTT-4.8.2-2]
  return { shareName, topicFilter, queueName: undefined };
}

function parseQueue(filter: string): SharedFilter | undefined {
  const queueName = filter.slice(QUEUE_PREFIX.length);
  if (queueName === "" || /[+#]/.test(queueName)) return undefined;
  return { shareName: "", topicFilter: filter as TopicFilter, queueName };
}
