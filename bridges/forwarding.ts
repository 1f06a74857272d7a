import { ConfigError } from "../src/base/errors.ts";
import type { TopicFilter } from "../src/base/ids.ts";
import type { Message } from "../src/base/message.ts";
import { toTopicFilter } from "../src/base/topic-filter.ts";
import { placeOf } from "./murmur2.ts";
import { parseTemplate, type Template, TemplateSyntaxError } from "./template.ts";
import { TemplateError, TemplateInput } from "./template-input.ts";

/**
 * What the routing core needs of one mapping. Its receiver's queue is the lane `laneOf(message)`, and the delivery
 * carries `[mapping]` as its subscription identifiers.
 */
export interface Forwarding {
  readonly filter: TopicFilter;
  /** Place in the bridge's `forward` list, from 1: 0 would mean "no identifier". */
  readonly mapping: number;
  /** Lane of the message, from 0: equal keys share a lane, which keeps their order. Never throws. */
  laneOf(message: Message): number;
}

/** The topic filter of a mapping; throws a ConfigError that names the key. */
export function parseFilter(where: string, from: string): TopicFilter {
  const filter = toTopicFilter(from);
  if (filter === undefined) throw new ConfigError(`${where}: "${from}" is not a topic filter`);
  return filter;
}

/** A template of a mapping; throws a ConfigError that names the key and the position. */
export function parseMappingTemplate(where: string, text: string): Template {
  try {
    return parseTemplate(text);
  } catch (cause) {
    if (!(cause instanceof TemplateSyntaxError)) throw cause;
    throw new ConfigError(`${where}: ${cause.message} of "${text}"`, { cause });
  }
}

export function createForwarding(
  filter: TopicFilter,
  mapping: number,
  key: Template,
  lanes: number,
): Forwarding {
  return { filter, mapping, laneOf: (message) => placeOf(partitionKey(key, message), lanes) };
}

/** A message the key cannot be made for is poison, found when it is sent; until then its publisher's lane keeps it. */
function partitionKey(key: Template, message: Message): string {
  try {
    return key.render(new TemplateInput(message));
  } catch (error) {
    if (error instanceof TemplateError) return message.publisherId;
    throw error;
  }
}
