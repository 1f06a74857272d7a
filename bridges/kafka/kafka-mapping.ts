import type { Message as KafkaMessage } from "kafkajs";
import { ConfigError } from "../../src/base/errors.ts";
import type { TopicFilter } from "../../src/base/ids.ts";
import type { BridgeRecord } from "../bridge.ts";
import { parseFilter, parseMappingTemplate } from "../forwarding.ts";
import type { Template } from "../template.ts";
import { TemplateError } from "../template-input.ts";
import { toHeaders } from "./kafka-headers.ts";
import type { KafkaHeader, KafkaMapping } from "./kafka-options.ts";

/** A record as kafkajs takes it. */
export interface KafkaRecord {
  readonly topic: string;
  readonly message: KafkaMessage;
}

/** A mapping of the configuration with its templates parsed. */
export interface ParsedMapping {
  readonly filter: TopicFilter;
  readonly topic: Template;
  readonly key: Template;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
}

/** Throws a ConfigError that names the key under `where`. */
export function parseMapping(where: string, mapping: KafkaMapping): ParsedMapping {
  const topic = parseMappingTemplate(`${where}.topic`, mapping.topic);
  if (topic.isConstant && !isKafkaTopic(mapping.topic)) {
    throw new ConfigError(
      `${where}.topic: "${mapping.topic}" is not a Kafka topic (a-z A-Z 0-9 . _ -, at most 249)`,
    );
  }
  return {
    filter: parseFilter(`${where}.from`, mapping.from),
    topic,
    key: parseMappingTemplate(`${where}.key`, mapping.key),
    headers: (mapping.headers ?? []).map((header, i) => parseHeader(`${where}.headers.${i}`, header)),
  };
}

/** Renders the record from the raw message; throws a TemplateError when it can never become a Kafka record. */
export function toKafkaRecord(record: BridgeRecord, mapping: ParsedMapping): KafkaRecord {
  const topic = mapping.topic.render(record.input);
  if (!isKafkaTopic(topic)) throw new TemplateError(`"${topic}" is not a Kafka topic`);
  const { message, input } = record;
  return {
    topic,
    message: {
      key: mapping.key.render(input),
      value: message.payload,
      timestamp: String(message.receivedAt),
      headers: toHeaders(record, mapping.headers),
    },
  };
}

function parseHeader(where: string, { name, value }: KafkaHeader): { name: string; value: Template } {
  return { name, value: parseMappingTemplate(`${where}.value`, value) };
}

function isKafkaTopic(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..";
}
