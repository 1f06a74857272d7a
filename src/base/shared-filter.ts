import type { TopicFilter } from "./ids.ts";
import { toTopicFilter } from "./topic-filter.ts";

const PREFIX = "$share/";

/** A shared subscription taken apart (MQTT 5 §4.8.2). */
export interface SharedFilter {
  readonly shareName: string;
  readonly topicFilter: TopicFilter;
}

export function isShared(filter: string): boolean {
  return filter.startsWith(PREFIX);
}

/** `$share/{ShareName}/{filter}`; undefined when the name is empty or has a wildcard, or no filter follows [MQTT-4.8.2-1]. */
export function parseShared(filter: string): SharedFilter | undefined {
  const end = filter.indexOf("/", PREFIX.length);
  if (!isShared(filter) || end <= PREFIX.length) return undefined;
  const shareName = filter.slice(PREFIX.length, end);
  const topicFilter = toTopicFilter(filter.slice(end + 1));
  if (/[+#]/.test(shareName) || topicFilter === undefined) return undefined; // [MQTT-4.8.2-2]
  return { shareName, topicFilter };
}
