import fc from "fast-check";
import type { TopicFilter, TopicName } from "../../src/base/ids.ts";
import { toTopicFilter } from "../../src/base/topic-filter.ts";
import { toTopicName } from "../../src/base/topic-name.ts";

/** Few levels, so that generated filters and topics meet often; one is long enough to be a slice in V8. */
const LEVELS = ["", "a", "b", "$x", "a-level-of-more-than-thirteen"];

/** Topic names of one to four levels, with empty ones and with a leading `$`. */
export const topicNames: fc.Arbitrary<TopicName> = fc
  .array(fc.constantFrom(...LEVELS), { minLength: 1, maxLength: 4 })
  .map((levels) => toTopicName(levels.join("/")))
  .filter((name) => name !== undefined);

/** Valid topic filters of one to five levels. */
export const topicFilters: fc.Arbitrary<TopicFilter> = fc
  .tuple(fc.array(fc.constantFrom(...LEVELS, "+", "+"), { maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => toTopicFilter((isOpen ? [...levels, "#"] : levels).join("/")))
  .filter((filter) => filter !== undefined);

export function filter(text: string): TopicFilter {
  const valid = toTopicFilter(text);
  if (valid === undefined) throw new RangeError(`not a topic filter: ${text}`);
  return valid;
}

/** Whether the filter matches, level by level: the plain rule (MQTT 5 §4.7). */
export function plainlyMatches(filter: string, topicName: string): boolean {
  if (topicName.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false; // [MQTT-4.7.2-1]
  const wanted = filter.split("/");
  const levels = topicName.split("/");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === "#") return true; // also matches the parent level (MQTT 5 §4.7.1.2)
    if (i >= levels.length) return false;
    if (wanted[i] !== "+" && wanted[i] !== levels[i]) return false;
  }
  return wanted.length === levels.length;
}
