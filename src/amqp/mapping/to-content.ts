import type { FieldEntry, FieldTable } from "../../base/field-table.ts";
import type { Message, MessageProperties } from "../../base/message.ts";
import { BasicProperties, toProperties } from "../codec/basic-properties.ts";
import { LONGEST_SHORT_STRING_BYTES } from "../codec/short-string.ts";
import { toField } from "../codec/table-values.ts";
import { MqttHeader } from "./mqtt-headers.ts";

const NOT_PERSISTENT = 1;
const PERSISTENT = 2;

/** The properties a consumer sees: as the AMQP publisher gave them, or made from what MQTT says. */
export function propertiesOf(message: Message, now: number): BasicProperties {
  const { envelope, properties, expiresAt } = message;
  if (envelope !== undefined) return new BasicProperties(envelope.header);
  const correlationId = shortText(properties?.correlationData);
  return toProperties({
    headers: headersOfMqtt(message),
    deliveryMode: message.qos === 0 ? NOT_PERSISTENT : PERSISTENT,
    ...(properties?.contentType !== undefined && fitsShort(properties.contentType)
      ? { contentType: properties.contentType }
      : {}),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(expiresAt === 0 ? {} : { expiration: String(Math.max(0, expiresAt - now)) }),
    timestamp: Math.floor(message.receivedAt / 1000),
  });
}

/** The headers of a message that came over MQTT. Of a user property given twice the last value counts. */
export function headersOfMqtt(message: Message): FieldTable {
  const { properties } = message;
  const entries = new Map<string, FieldEntry["field"]>();
  for (const [name, value] of properties?.userProperties ?? []) {
    if (name.length > 0 && fitsShort(name)) entries.set(name, toField(value));
  }
  entries.set(MqttHeader.Topic, toField(message.topicName));
  entries.set(MqttHeader.QoS, toField(message.qos));
  if (message.retain) entries.set(MqttHeader.Retain, toField(true));
  if (message.publisherId !== "") entries.set(MqttHeader.ClientId, toField(message.publisherId));
  addResponse(entries, properties);
  return [...entries].map(([name, field]) => ({ name, field }));
}

function addResponse(
  entries: Map<string, FieldEntry["field"]>,
  properties: MessageProperties | undefined,
): void {
  const { responseTopic, correlationData } = properties ?? {};
  if (responseTopic !== undefined) entries.set(MqttHeader.ResponseTopic, toField(responseTopic));
  if (correlationData === undefined || shortText(correlationData) !== undefined) return;
  entries.set(MqttHeader.CorrelationId, toField(correlationData));
}

/** The bytes as text when they are UTF-8 and short. */
function shortText(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.length > LONGEST_SHORT_STRING_BYTES) return undefined;
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function fitsShort(text: string): boolean {
  return Buffer.byteLength(text) <= LONGEST_SHORT_STRING_BYTES;
}
