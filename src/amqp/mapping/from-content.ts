import type { FieldTable } from "../../base/field-table.ts";
import type { MessageProperties, UserProperty } from "../../base/message.ts";
import { fieldNamed, textOf } from "../../base/table-fields.ts";
import { isTopicName } from "../../base/topic-name.ts";
import type { BasicProperties } from "../codec/basic-properties.ts";
import { MqttHeader } from "./mqtt-headers.ts";

/** MQTT has the length of text and of binary data in two bytes (MQTT 5 §1.5.4, §1.5.6). */
const LONGEST_BYTES = 0xffff;
/** Headers that are not shown to MQTT subscribers as user properties. */
const OWN_HEADERS: ReadonlySet<string> = new Set(Object.values(MqttHeader));

/** What MQTT subscribers see of an AMQP message's properties; undefined when there is nothing to see. */
export function toMqttProperties(properties: BasicProperties): MessageProperties | undefined {
  const headers = properties.headers ?? [];
  const contentType = toMqttText(properties.contentType);
  const responseTopic = toTopic(textOf(fieldNamed(headers, MqttHeader.ResponseTopic)));
  const correlationData = correlationOf(properties, headers);
  const userProperties = userPropertiesOf(headers);
  const isEmpty = contentType === undefined && responseTopic === undefined && correlationData === undefined;
  if (isEmpty && userProperties.length === 0) return undefined;
  return { payloadFormatIndicator: undefined, contentType, responseTopic, correlationData, userProperties };
}

/** Whether the message becomes its topic's retained message. */
export function isRetained(properties: BasicProperties): boolean {
  const field = fieldNamed(properties.headers ?? [], MqttHeader.Retain);
  return field?.type === "t" && field.value;
}

/** Undefined for what MQTT cannot say: its subscribers would end their connections [MQTT-1.5.4-2]. */
function toMqttText(text: string | undefined): string | undefined {
  return text !== undefined && isMqttText(text) ? text : undefined;
}

function toTopic(text: string | undefined): string | undefined {
  return text !== undefined && isTopicName(text) && isMqttText(text) ? text : undefined;
}

function correlationOf(properties: BasicProperties, headers: FieldTable): Buffer | undefined {
  const field = fieldNamed(headers, MqttHeader.CorrelationId);
  if (field?.type === "x" || field?.type === "S") {
    return field.value.length <= LONGEST_BYTES ? Buffer.from(field.value) : undefined;
  }
  const { correlationId } = properties;
  return correlationId === undefined ? undefined : Buffer.from(correlationId);
}

/** Text headers that MQTT can say: UTF-8 without U+0000 [MQTT-1.5.4-2]. */
function userPropertiesOf(headers: FieldTable): UserProperty[] {
  const found: UserProperty[] = [];
  for (const { name, field } of headers) {
    if (field.type !== "S" || OWN_HEADERS.has(name)) continue;
    const value = field.value.toString("utf8");
    if (isMqttText(name) && isMqttText(value)) found.push([name, value]);
  }
  return found;
}

function isMqttText(text: string): boolean {
  if (text.includes("\0") || text.includes("\ufffd")) return false;
  return text.length * 3 <= LONGEST_BYTES || Buffer.byteLength(text) <= LONGEST_BYTES;
}
