import type { TopicName } from "./ids.ts";

/** Checks a topic name; returns undefined for an empty one, or one with a wildcard or U+0000. */
export function toTopicName(text: string): TopicName | undefined {
  return isTopicName(text) ? text : undefined;
}

export function isTopicName(text: string): text is TopicName {
  if (text.length === 0) return false; // [MQTT-4.7.3-1]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x23 || unit === 0x2b || unit === 0) return false; // [MQTT-3.3.2-2], [MQTT-4.7.3-2]
  }
  return true;
}

/** Topics of the broker's own: it publishes there, clients do not. */
export function isReserved(topicName: string): boolean {
  return topicName.startsWith("$SYS/") || topicName === "$SYS";
}

/** Number of levels: one more than the slashes. */
export function levelCount(topic: string): number {
  let levels = 1;
  for (let i = 0; i < topic.length; i++) {
    if (topic.charCodeAt(i) === 0x2f) levels++;
  }
  return levels;
}

/** Where the level that begins at `start` ends: the next slash or the end of the text. */
export function endOfLevel(text: string, start: number): number {
  const slash = text.indexOf("/", start);
  return slash < 0 ? text.length : slash;
}
