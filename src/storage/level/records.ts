import { crc32 } from "node:zlib";
import type { Message } from "../../base/message.ts";
import type { Delivery } from "../../base/queued-message.ts";
import { type SubscriptionOptions, sharedOptions } from "../../base/subscription-options.ts";
import type { QueueEntry, QueueRecord, SessionRecord, WillRecord } from "../../state/records.ts";
import { ByteReader, CorruptRecord } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { type BodyRef, readQueueKey, readSessionKey } from "./keys.ts";
import { readMessage, readQoS, writeMessage } from "./message-record.ts";

/** First byte of every value. */
const RECORD_VERSION = 1;
const CRC_BYTES = 4;
const SHORTEST = 1 + CRC_BYTES;
const MAGIC = "causeway";

/** The layout of the whole store: raised when an older broker could not read what a newer one writes. */
export const FORMAT_VERSION = 2;
/** The oldest layout this broker reads; what it writes into such a store makes it one of `FORMAT_VERSION`. */
export const OLDEST_READABLE_VERSION = 1;

interface MetaRecord {
  readonly formatVersion: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** An entry as its record tells it; the body of a shared message is a record of its own. */
export interface StoredEntry {
  readonly delivery: Delivery;
  readonly message: Message | undefined;
  readonly body: BodyRef | undefined;
  /** Payload bytes of the message, wherever it is stored. */
  readonly payloadBytes: number;
  readonly deliveryCount: number;
}

const DELIVERY_RETAIN = 0b100;
const KIND_SHIFT = 3;
const KIND = 0b11;
const RETURNED = 0b10_0000;
const Kind = { Released: 0, Inline: 1, Body: 2 } as const;

/** The writer holds the key; call before the value's fields, and `endValue` after them. */
export function beginValue(writer: ByteWriter): void {
  writer.u8(RECORD_VERSION);
}

/** The check covers the key too, which begins at `from`: a record found under another key fails it. */
export function endValue(writer: ByteWriter, from = 0): void {
  writer.u32(crc32(writer.view(from)));
}

/** Checks a record and returns a reader of its fields; throws CorruptRecord. */
export function openValue(key: Buffer, value: Buffer): ByteReader {
  const end = value.length - CRC_BYTES;
  if (value.length < SHORTEST) throw new CorruptRecord("the record is too short");
  if (crc32(value.subarray(0, end), crc32(key)) !== value.readUInt32BE(end)) {
    throw new CorruptRecord("the check failed");
  }
  if (value[0] !== RECORD_VERSION) throw new CorruptRecord(`unknown record version ${value[0]}`);
  return new ByteReader(value, 1, end);
}

export function writeMeta(writer: ByteWriter, meta: MetaRecord): void {
  writer.text(MAGIC);
  writer.u16(meta.formatVersion);
  writer.u64(meta.createdAt);
}

/** Undefined when it is not ours. Read without the check: the place of these fields never changes. */
export function readMeta(value: Buffer): MetaRecord | undefined {
  try {
    const reader = new ByteReader(value, 1, value.length);
    if (reader.text() !== MAGIC) return undefined;
    return { formatVersion: reader.u16(), createdAt: reader.u64() };
  } catch {
    return undefined;
  }
}

export function writeSession(writer: ByteWriter, session: SessionRecord): void {
  writer.text(session.user);
  writer.u64(session.queueId);
  writer.u32(session.expiryInterval);
  writer.u64(session.disconnectedAt);
  writer.u64(session.sentEnd);
  writer.u8(session.will === undefined ? 0 : 1);
  if (session.will === undefined) return;
  writer.u32(session.will.delayInterval);
  writeMessage(writer, session.will.message);
}

export function readSession(key: Buffer, reader: ByteReader): SessionRecord {
  const { slot, clientId } = readSessionKey(key);
  return {
    slot,
    clientId,
    user: reader.text(),
    queueId: reader.u64(),
    expiryInterval: reader.u32(),
    disconnectedAt: reader.u64(),
    sentEnd: reader.u64(),
    will: reader.u8() === 0 ? undefined : readWill(reader),
  };
}

function readWill(reader: ByteReader): WillRecord {
  const delayInterval = reader.u32();
  return { message: readMessage(reader), delayInterval };
}

export function writeSubscription(writer: ByteWriter, options: SubscriptionOptions): void {
  const { qos, noLocal, retainAsPublished, retainHandling } = options;
  writer.u8(qos | (noLocal ? 0b100 : 0) | (retainAsPublished ? 0b1000 : 0) | (retainHandling << 4));
  writer.varint(options.subscriptionIdentifier);
}

export function readSubscription(reader: ByteReader): SubscriptionOptions {
  const flags = reader.u8();
  const retainHandling = flags >> 4;
  if (retainHandling > 2) throw new CorruptRecord("unknown subscription options");
  return sharedOptions({
    qos: readQoS(flags),
    noLocal: (flags & 0b100) !== 0,
    retainAsPublished: (flags & 0b1000) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
    subscriptionIdentifier: reader.varint(),
  });
}

export function writeQueue(writer: ByteWriter, queue: QueueRecord): void {
  writer.text(queue.name);
  writer.u64(queue.createdAt);
  writer.u64(queue.headSeq);
  writer.u64(queue.nextSeq);
  writer.u64(queue.count);
  writer.u64(queue.bytes);
  writer.u64(queue.sentEnd);
}

export function readQueue(key: Buffer, reader: ByteReader): QueueRecord {
  const { slot, id } = readQueueKey(key);
  return {
    slot,
    id,
    name: reader.text(),
    createdAt: reader.u64(),
    headSeq: reader.u64(),
    nextSeq: reader.u64(),
    count: reader.u64(),
    bytes: reader.u64(),
    sentEnd: reader.isAtEnd ? 0 : reader.u64(), // format 1 has none
  };
}

export function writeEntry(writer: ByteWriter, entry: QueueEntry): void {
  const { delivery, message, body } = entry;
  const kind = message === undefined ? Kind.Released : body === undefined ? Kind.Inline : Kind.Body;
  const returned = entry.deliveryCount > 0 ? RETURNED : 0;
  writer.u8(delivery.qos | (delivery.retain ? DELIVERY_RETAIN : 0) | (kind << KIND_SHIFT) | returned);
  writer.varint(delivery.subscriptionIdentifiers.length);
  for (const identifier of delivery.subscriptionIdentifiers) writer.varint(identifier);
  if (returned !== 0) writer.varint(entry.deliveryCount);
  if (message === undefined) return;
  if (body === undefined) writeMessage(writer, message);
  else writeBodyRef(writer, body, message.payload.length);
}

export function readEntry(reader: ByteReader): StoredEntry {
  const flags = reader.u8();
  const delivery = {
    qos: readQoS(flags),
    retain: (flags & DELIVERY_RETAIN) !== 0,
    subscriptionIdentifiers: readNumbers(reader),
  };
  const deliveryCount = (flags & RETURNED) !== 0 ? reader.varint() : 0;
  switch ((flags >> KIND_SHIFT) & KIND) {
    case Kind.Released:
      return { delivery, message: undefined, body: undefined, payloadBytes: 0, deliveryCount };
    case Kind.Inline: {
      const message = readMessage(reader);
      return { delivery, message, body: undefined, payloadBytes: message.payload.length, deliveryCount };
    }
    case Kind.Body: {
      const body = { slot: reader.u8(), queueId: reader.u64(), seq: reader.u64() };
      return { delivery, message: undefined, body, payloadBytes: reader.u32(), deliveryCount };
    }
    default:
      throw new CorruptRecord("unknown kind of entry");
  }
}

export function writeBodyCount(writer: ByteWriter, references: number): void {
  writer.u32(references);
}

export function readBodyCount(reader: ByteReader): number {
  return reader.u32();
}

/** Of a deleted queue: no entry before `fromSeq` is left. */
export function writeClearing(writer: ByteWriter, fromSeq: number): void {
  writer.u64(fromSeq);
}

export function readClearing(reader: ByteReader): number {
  return reader.isAtEnd ? 0 : reader.u64(); // format 1 has none
}

function writeBodyRef(writer: ByteWriter, body: BodyRef, payloadBytes: number): void {
  writer.u8(body.slot);
  writer.u64(body.queueId);
  writer.u64(body.seq);
  writer.u32(payloadBytes);
}

function readNumbers(reader: ByteReader): number[] {
  const count = reader.varint();
  const numbers: number[] = [];
  for (let i = 0; i < count; i++) numbers.push(reader.varint());
  return numbers;
}
