import type { TopicFilter } from "./ids.ts";

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;

/** Checks a topic filter (MQTT 5 §4.7.1); returns undefined when a wildcard stands where it must not. */
export function toTopicFilter(text: string): TopicFilter | undefined {
  return isTopicFilter(text) ? text : undefined;
}

function isTopicFilter(text: string): text is TopicFilter {
  if (text.length === 0) return false; // [MQTT-4.7.3-1]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) return false; // [MQTT-4.7.3-2]
    if (unit === HASH && !(i === text.length - 1 && startsLevel(text, i))) return false; // [MQTT-4.7.1-1]
    if (unit === PLUS && !(startsLevel(text, i) && endsLevel(text, i))) return false; // [MQTT-4.7.1-2]
  }
  return true;
}

function startsLevel(text: string, at: number): boolean {
  return at === 0 || text.charCodeAt(at - 1) === SLASH;
}

function endsLevel(text: string, at: number): boolean {
  return at === text.length - 1 || text.charCodeAt(at + 1) === SLASH;
}

export function hasWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

/** Whether the filter matches the topic name. */
export function filterMatches(filter: string, topicName: string): boolean {
  if (topicName.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false; // [MQTT-4.7.2-1]
  return restMatches(filter, 0, topicName, 0);
}

/** The same for what is left of both from where a level of each begins or ends. Hot: allocates nothing. */
export function restMatches(
  filter: string,
  filterFrom: number,
  topicName: string,
  topicFrom: number,
): boolean {
  let at = topicFrom;
  for (let i = filterFrom; i < filter.length; i++) {
    const wanted = filter.charCodeAt(i);
    if (wanted === HASH) return true;
    if (wanted === PLUS) while (at < topicName.length && topicName.charCodeAt(at) !== SLASH) at++;
    else if (at === topicName.length)
      return filter.charCodeAt(i + 1) === HASH; // the parent level too (MQTT 5 §4.7.1.2)
    else if (topicName.charCodeAt(at++) !== wanted) return false;
  }
  return at === topicName.length;
}
