import { type ClientId, slotOf, type TopicFilter, type TopicName, toClientId } from "../../base/ids.ts";
import type { QueueRef, ReceivedRecord, SessionRecord, SubscriptionRecord } from "../../state/records.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** Second byte of every key; the first is the slot. Numbers are part of the format and never change. */
export const Table = {
  Meta: 0x00,
  Session: 0x01,
  Subscription: 0x02,
  /** A QoS 2 Packet Identifier that was received and not yet released. */
  Received: 0x03,
  Retained: 0x04,
  Queue: 0x05,
  Entry: 0x06,
  /** A message that several entries refer to. */
  Body: 0x07,
  /** How many entries refer to the body of the same place. */
  BodyCount: 0x08,
  /** A deleted queue whose entries are not all cleared yet. */
  Clearing: 0x09,
  /** A named value of the rest of the broker. */
  Definition: 0x0a,
} as const;
export type Table = (typeof Table)[keyof typeof Table];

/** Names a shared body: the place of the first entry that held it. */
export interface BodyRef {
  readonly slot: number;
  readonly queueId: number;
  readonly seq: number;
}

interface KeyRange {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

export function writeMetaKey(writer: ByteWriter): void {
  start(writer, 0, Table.Meta);
}

export function writeSessionKey(writer: ByteWriter, slot: number, clientId: ClientId): void {
  start(writer, slot, Table.Session);
  writer.text(clientId);
}

export function writeSubscriptionKey(
  writer: ByteWriter,
  slot: number,
  clientId: ClientId,
  topicFilter: TopicFilter,
): void {
  start(writer, slot, Table.Subscription);
  writer.text(clientId);
  writer.text(topicFilter);
}

export function writeReceivedKey(
  writer: ByteWriter,
  slot: number,
  clientId: ClientId,
  packetId: number,
): void {
  start(writer, slot, Table.Received);
  writer.text(clientId);
  writer.u16(packetId);
}

export function writeRetainedKey(writer: ByteWriter, topicName: TopicName): void {
  start(writer, slotOf(topicName), Table.Retained);
  writer.text(topicName);
}

export function writeQueueKey(writer: ByteWriter, queue: QueueRef): void {
  start(writer, queue.slot, Table.Queue);
  writer.u64(queue.id);
}

export function writeEntryKey(writer: ByteWriter, queue: QueueRef, seq: number): void {
  start(writer, queue.slot, Table.Entry);
  writer.u64(queue.id);
  writer.u64(seq);
}

export function writeBodyKey(writer: ByteWriter, body: BodyRef): void {
  writeBodyPlace(writer, body, Table.Body);
}

export function writeBodyCountKey(writer: ByteWriter, body: BodyRef): void {
  writeBodyPlace(writer, body, Table.BodyCount);
}

export function writeClearingKey(writer: ByteWriter, queue: QueueRef): void {
  start(writer, queue.slot, Table.Clearing);
  writer.u64(queue.id);
}

export function writeDefinitionKey(writer: ByteWriter, name: string): void {
  start(writer, slotOf(name), Table.Definition);
  writer.text(name);
}

/** A key with bytes of its own, for reads and ranges. */
export function keyOf(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter();
  write(writer);
  return writer.copy();
}

/** All keys of one slot. */
export function slotRange(slot: number): KeyRange {
  return { gte: Buffer.of(slot), lt: Buffer.of(slot + 1) };
}

/** All keys of one table in one slot. */
export function tableRange(slot: number, table: Table): KeyRange {
  return { gte: Buffer.of(slot, table), lt: Buffer.of(slot, table + 1) };
}

/** The entries of a queue with fromSeq <= seq < toSeq. */
export function entryRange(queue: QueueRef, fromSeq: number, toSeq: number): KeyRange {
  const bound = (seq: number) => Math.min(Math.max(0, seq), Number.MAX_SAFE_INTEGER);
  return {
    gte: keyOf((writer) => writeEntryKey(writer, queue, bound(fromSeq))),
    lt: keyOf((writer) => writeEntryKey(writer, queue, bound(toSeq))),
  };
}

export function readSessionKey(key: Buffer): Pick<SessionRecord, "slot" | "clientId"> {
  const reader = idReader(key);
  return { slot: slotIn(key), clientId: toClientId(reader.text()) };
}

export function readSubscriptionKey(key: Buffer): Omit<SubscriptionRecord, "options"> {
  const reader = idReader(key);
  const clientId = toClientId(reader.text());
  return { slot: slotIn(key), clientId, topicFilter: reader.text() as TopicFilter };
}

export function readReceivedKey(key: Buffer): ReceivedRecord {
  const reader = idReader(key);
  return { slot: slotIn(key), clientId: toClientId(reader.text()), packetId: reader.u16() };
}

/** Of a queue's own key, and of the mark that it is being cleared. */
export function readQueueKey(key: Buffer): QueueRef {
  return { slot: slotIn(key), id: idReader(key).u64() };
}

export function readDefinitionKey(key: Buffer): string {
  return idReader(key).text();
}

export function readEntrySeq(key: Buffer): number {
  const reader = idReader(key);
  reader.u64();
  return reader.u64();
}

export function readTopicKey(key: Buffer): string {
  return idReader(key).text();
}

/** Of a body, and of its count. */
export function readBodyKey(key: Buffer): BodyRef {
  const reader = idReader(key);
  return { slot: slotIn(key), queueId: reader.u64(), seq: reader.u64() };
}

/** A key as text for logs: which table, and the bytes. */
export function describeKey(key: Buffer): string {
  const names: readonly string[] = Object.keys(Table);
  const name = names[Object.values(Table).indexOf(key[1] as Table)] ?? "unknown";
  return `${name} record ${key.toString("hex", 0, 64)}`;
}

function start(writer: ByteWriter, slot: number, table: Table): void {
  writer.u8(slot);
  writer.u8(table);
}

function writeBodyPlace(writer: ByteWriter, body: BodyRef, table: Table): void {
  start(writer, body.slot, table);
  writer.u64(body.queueId);
  writer.u64(body.seq);
}

function slotIn(key: Buffer): number {
  return key.readUInt8(0);
}

function idReader(key: Buffer): ByteReader {
  return new ByteReader(key, 2, key.length);
}
