import { type TopicName, toClientId } from "../../base/ids.ts";
import type { Envelope, Message, MessageProperties, UserProperty } from "../../base/message.ts";
import type { QoS } from "../../base/qos.ts";
import { type ByteReader, CorruptRecord } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

const QOS = 0b11;
const RETAIN = 0b100;
const PROPERTIES = 0b1000;
const EXPIRES = 0b1_0000;
const ENVELOPE = 0b10_0000;
const ALL_MESSAGE_FLAGS = 0b11_1111;

const FORMAT_GIVEN = 0b1;
const FORMAT_TEXT = 0b10;
const CONTENT_TYPE = 0b100;
const RESPONSE_TOPIC = 0b1000;
const CORRELATION_DATA = 0b1_0000;
const ALL_PROPERTY_FLAGS = 0b1_1111;

/** The payload is the rest of the record: a message is always its last field. */
export function writeMessage(writer: ByteWriter, message: Message): void {
  let flags: number = message.qos;
  if (message.retain) flags |= RETAIN;
  if (message.properties !== undefined) flags |= PROPERTIES;
  if (message.expiresAt !== 0) flags |= EXPIRES;
  if (message.envelope !== undefined) flags |= ENVELOPE;
  writer.u8(flags);
  writer.u64(message.receivedAt);
  if (message.expiresAt !== 0) writer.u64(message.expiresAt);
  writer.text(message.publisherId);
  writer.text(message.topicName);
  if (message.properties !== undefined) writeProperties(writer, message.properties);
  if (message.envelope !== undefined) writeEnvelope(writer, message.envelope);
  writer.rest(message.payload);
}

export function readMessage(reader: ByteReader): Message {
  const flags = reader.u8();
  if (flags > ALL_MESSAGE_FLAGS) throw new CorruptRecord("unknown message flags");
  const qos = readQoS(flags);
  const retain = (flags & RETAIN) !== 0;
  const receivedAt = reader.u64();
  const expiresAt = flags & EXPIRES ? reader.u64() : 0;
  const publisherId = toClientId(reader.text());
  const topicName = reader.text() as TopicName;
  const properties = flags & PROPERTIES ? readProperties(reader) : undefined;
  const envelope = flags & ENVELOPE ? readEnvelope(reader) : undefined;
  const payload = reader.rest();
  return { topicName, payload, qos, retain, properties, publisherId, receivedAt, expiresAt, envelope };
}

function writeEnvelope(writer: ByteWriter, { exchange, routingKey, header }: Envelope): void {
  writer.text(exchange);
  writer.text(routingKey);
  writer.bytes(header);
}

function readEnvelope(reader: ByteReader): Envelope {
  return { exchange: reader.text(), routingKey: reader.text(), header: reader.bytes() };
}

/** The QoS in the two lowest bits. */
export function readQoS(flags: number): QoS {
  const qos = flags & QOS;
  if (qos === 3) throw new CorruptRecord("QoS 3");
  return qos as QoS;
}

function writeProperties(writer: ByteWriter, properties: MessageProperties): void {
  const { contentType, responseTopic, correlationData, userProperties } = properties;
  writer.u8(propertyFlags(properties));
  if (contentType !== undefined) writer.text(contentType);
  if (responseTopic !== undefined) writer.text(responseTopic);
  if (correlationData !== undefined) writer.bytes(correlationData);
  writer.varint(userProperties.length);
  for (const [name, value] of userProperties) {
    writer.text(name);
    writer.text(value);
  }
}

function propertyFlags(properties: MessageProperties): number {
  let flags = 0;
  if (properties.payloadFormatIndicator !== undefined) flags |= FORMAT_GIVEN;
  if (properties.payloadFormatIndicator === 1) flags |= FORMAT_TEXT;
  if (properties.contentType !== undefined) flags |= CONTENT_TYPE;
  if (properties.responseTopic !== undefined) flags |= RESPONSE_TOPIC;
  if (properties.correlationData !== undefined) flags |= CORRELATION_DATA;
  return flags;
}

function readProperties(reader: ByteReader): MessageProperties {
  const flags = reader.u8();
  if (flags > ALL_PROPERTY_FLAGS) throw new CorruptRecord("unknown property flags");
  return {
    payloadFormatIndicator: flags & FORMAT_GIVEN ? (flags & FORMAT_TEXT ? 1 : 0) : undefined,
    contentType: flags & CONTENT_TYPE ? reader.text() : undefined,
    responseTopic: flags & RESPONSE_TOPIC ? reader.text() : undefined,
    correlationData: flags & CORRELATION_DATA ? reader.bytes() : undefined,
    userProperties: readUserProperties(reader),
  };
}

function readUserProperties(reader: ByteReader): UserProperty[] {
  const count = reader.varint();
  const properties: UserProperty[] = [];
  for (let i = 0; i < count; i++) properties.push([reader.text(), reader.text()]);
  return properties;
}
