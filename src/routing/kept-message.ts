import type { ClientId, TopicName } from "../base/ids.ts";
import type { Envelope, Message, MessageProperties } from "../base/message.ts";
import type { QoS } from "../base/qos.ts";

/** A Buffer costs some 200 bytes beside its content; up to here the payload is kept as a one-byte string instead. */
const STRING_UP_TO = 2_048;

/** A message as it is held for long: the payload is a Latin-1 string when small, else a Buffer of its own. */
export interface KeptMessage {
  readonly topicName: TopicName;
  /** A number: the payload is on disk alone, with the properties, and has so many bytes. */
  readonly payload: string | Buffer | number;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties | undefined;
  readonly publisherId: ClientId;
  readonly receivedAt: number;
  readonly expiresAt: number;
  readonly envelope: Envelope | undefined;
}

export function keep(message: Message): KeptMessage {
  return {
    topicName: message.topicName,
    payload: keepPayload(message.payload),
    qos: message.qos,
    retain: message.retain,
    properties: message.properties,
    publisherId: message.publisherId,
    receivedAt: message.receivedAt,
    expiresAt: message.expiresAt,
    envelope: message.envelope,
  };
}

/** What stays in memory of a message that can be read from disk. */
export function refer(message: Message): KeptMessage {
  return {
    topicName: message.topicName,
    payload: message.payload.length,
    qos: message.qos,
    retain: message.retain,
    properties: undefined,
    publisherId: message.publisherId,
    receivedAt: message.receivedAt,
    expiresAt: message.expiresAt,
    envelope: undefined,
  };
}

/** Undefined when the message is on disk. */
export function restore(kept: KeptMessage): Message | undefined {
  const { payload } = kept;
  if (typeof payload === "number") return undefined;
  return {
    topicName: kept.topicName,
    payload: typeof payload === "string" ? Buffer.from(payload, "latin1") : payload,
    qos: kept.qos,
    retain: kept.retain,
    properties: kept.properties,
    publisherId: kept.publisherId,
    receivedAt: kept.receivedAt,
    expiresAt: kept.expiresAt,
    envelope: kept.envelope,
  };
}

export function payloadBytesOf({ payload }: KeptMessage): number {
  return typeof payload === "number" ? payload : payload.length;
}

function keepPayload(payload: Buffer): string | Buffer {
  if (payload.length <= STRING_UP_TO) return payload.toString("latin1");
  if (payload.length === payload.buffer.byteLength) return payload;
  const copy = Buffer.allocUnsafeSlow(payload.length); // Buffer.from may take from the shared pool, which it would pin
  payload.copy(copy);
  return copy;
}
