import type { Options } from "amqplib";
import { ConfigError } from "../../src/base/errors.ts";
import type { TopicFilter } from "../../src/base/ids.ts";
import type { BridgeRecord } from "../bridge.ts";
import { parseFilter, parseMappingTemplate } from "../forwarding.ts";
import type { Template } from "../template.ts";
import { TemplateError } from "../template-input.ts";
import type { AmqpMapping } from "./amqp-options.ts";
import { toProperties } from "./amqp-properties.ts";
import { isShortString } from "./short-string.ts";

/** A record as amqplib takes it. */
export interface Publication {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
  readonly bridgeSeq: string;
}

/** A mapping of the configuration with its templates parsed. */
export interface ParsedMapping {
  readonly filter: TopicFilter;
  readonly exchange: Template;
  readonly routingKey: Template;
  readonly key: Template;
}

/** Throws a ConfigError that names the key under `where`. */
export function parseMapping(where: string, mapping: AmqpMapping): ParsedMapping {
  for (const key of ["exchange", "routingKey"] as const) {
    const template = parseMappingTemplate(`${where}.${key}`, mapping[key]);
    if (!template.isConstant || isShortString(mapping[key])) continue;
    throw new ConfigError(`${where}.${key}: AMQP allows at most 255 bytes`);
  }
  return {
    filter: parseFilter(`${where}.from`, mapping.from),
    exchange: parseMappingTemplate(`${where}.exchange`, mapping.exchange),
    routingKey: parseMappingTemplate(`${where}.routingKey`, mapping.routingKey),
    key: parseMappingTemplate(`${where}.key`, mapping.key),
  };
}

/**
 * Renders the publication from the raw message; `now` in milliseconds since the epoch. Throws a TemplateError when it
 * can never be published.
 */
export function toPublication(record: BridgeRecord, mapping: ParsedMapping, now: number): Publication {
  return {
    exchange: shortString("exchange", mapping.exchange.render(record.input)),
    routingKey: shortString("routing key", mapping.routingKey.render(record.input)),
    content: record.message.payload,
    options: toProperties(record, now),
    bridgeSeq: record.bridgeSeq,
  };
}

function shortString(what: string, text: string): string {
  if (isShortString(text)) return text;
  throw new TemplateError(`the ${what} has more than the 255 bytes AMQP allows`);
}
