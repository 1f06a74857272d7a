import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TopicName, toClientId } from "../../../src/base/ids.ts";
import type { Message } from "../../../src/base/message.ts";
import type { QoS } from "../../../src/base/qos.ts";
import { type ByteReader, CorruptRecord } from "../../../src/storage/level/byte-reader.ts";
import { ByteWriter } from "../../../src/storage/level/byte-writer.ts";
import { keyOf, writeQueueKey, writeSessionKey } from "../../../src/storage/level/keys.ts";
import { readMessage, writeMessage } from "../../../src/storage/level/message-record.ts";
import {
  beginValue,
  endValue,
  openValue,
  readBodyCount,
  readEntry,
  readMeta,
  readQueue,
  readSession,
  readSubscription,
  writeBodyCount,
  writeEntry,
  writeMeta,
  writeQueue,
  writeSession,
  writeSubscription,
} from "../../../src/storage/level/records.ts";
import { aBody, aMessage, anEntry, aQueue, aSession } from "../samples.ts";

const KEY: Buffer = Buffer.from("some key");

function encode(write: (writer: ByteWriter) => void, key: Buffer = KEY): Buffer {
  const writer = new ByteWriter();
  writer.rest(key);
  beginValue(writer);
  write(writer);
  endValue(writer);
  return writer.copy().subarray(key.length);
}

const text = fc.string({ unit: "grapheme", maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const properties = fc.record({
  payloadFormatIndicator: fc.constantFrom(undefined, 0 as const, 1 as const),
  contentType: fc.option(text, { nil: undefined }),
  responseTopic: fc.option(text, { nil: undefined }),
  correlationData: fc.option(bytes, { nil: undefined }),
  userProperties: fc.array(fc.tuple(text, text), { maxLength: 5 }),
});
const message: fc.Arbitrary<Message> = fc.record({
  topicName: text.map((name) => name as TopicName),
  payload: bytes,
  qos: fc.constantFrom<QoS>(0, 1, 2),
  retain: fc.boolean(),
  properties: fc.option(properties, { nil: undefined }),
  publisherId: text.map(toClientId),
  receivedAt: time,
  expiresAt: time,
  envelope: fc.option(fc.record({ exchange: text, routingKey: text, header: bytes }), { nil: undefined }),
});

const FULL = aMessage({
  qos: 2,
  retain: true,
  expiresAt: 5,
  envelope: { exchange: "x", routingKey: "k", header: Buffer.from("h") },
  properties: {
    payloadFormatIndicator: 0,
    contentType: "text/plain",
    responseTopic: "r",
    correlationData: Buffer.from("c"),
    userProperties: [["k", "v"]],
  },
});
const SESSION = aSession("a", { user: "u", will: { message: FULL, delayInterval: 9 } });
const SESSION_KEY = keyOf((writer) => writeSessionKey(writer, SESSION.slot, SESSION.clientId));
const QUEUE = aQueue({ headSeq: 2 ** 40, count: 3 });
const QUEUE_KEY = keyOf((writer) => writeQueueKey(writer, QUEUE));
const OPTIONS = {
  qos: 1,
  noLocal: true,
  retainAsPublished: false,
  retainHandling: 1,
  subscriptionIdentifier: 200,
} as const;

const samples: readonly [string, Buffer, Buffer, (reader: ByteReader) => unknown][] = [
  ["message", KEY, encode((writer) => writeMessage(writer, FULL)), readMessage],
  [
    "session",
    SESSION_KEY,
    encode((writer) => writeSession(writer, SESSION), SESSION_KEY),
    (reader) => readSession(SESSION_KEY, reader),
  ],
  [
    "queue",
    QUEUE_KEY,
    encode((writer) => writeQueue(writer, QUEUE), QUEUE_KEY),
    (reader) => readQueue(QUEUE_KEY, reader),
  ],
  ["subscription", KEY, encode((writer) => writeSubscription(writer, OPTIONS)), readSubscription],
  ["entry", KEY, encode((writer) => writeEntry(writer, anEntry(1, { message: FULL }))), readEntry],
  [
    "entry of a shared body",
    KEY,
    encode((writer) => writeEntry(writer, anEntry(1, { body: aBody(QUEUE, 1) }))),
    readEntry,
  ],
  [
    "released entry",
    KEY,
    encode((writer) => writeEntry(writer, anEntry(1, { message: undefined }))),
    readEntry,
  ],
  ["body count", KEY, encode((writer) => writeBodyCount(writer, 3)), readBodyCount],
];

describe("records", () => {
  it("bring back every message, with its properties in order and with duplicates", () => {
    fc.assert(
      fc.property(message, (original) => {
        expect(
          readMessage(
            openValue(
              KEY,
              encode((writer) => writeMessage(writer, original)),
            ),
          ),
        ).toEqual(original);
      }),
    );
  });

  it("bring back sessions, queues and subscription options", () => {
    const session = openValue(
      SESSION_KEY,
      encode((writer) => writeSession(writer, SESSION), SESSION_KEY),
    );
    expect(readSession(SESSION_KEY, session)).toEqual(SESSION);
    const queue = openValue(
      QUEUE_KEY,
      encode((writer) => writeQueue(writer, QUEUE), QUEUE_KEY),
    );
    expect(readQueue(QUEUE_KEY, queue)).toEqual(QUEUE);
    const options = openValue(
      KEY,
      encode((writer) => writeSubscription(writer, OPTIONS)),
    );
    expect(readSubscription(options)).toEqual(OPTIONS);
  });

  it.each(samples)("notice every flipped bit: %s", (_name, key, value) => {
    for (let bit = 0; bit < value.length * 8; bit++) {
      const damaged = Buffer.from(value);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => openValue(key, damaged)).toThrow(CorruptRecord);
    }
  });

  it.each(samples)("notice every truncation: %s", (_name, key, value) => {
    for (let length = 0; length < value.length; length++) {
      expect(() => openValue(key, value.subarray(0, length))).toThrow(CorruptRecord);
    }
  });

  it.each(samples)("are refused under another key: %s", (_name, key, value) => {
    const other = Buffer.from(key);
    other[other.length - 1] = (other[other.length - 1] as number) ^ 1;
    expect(() => openValue(other, value)).toThrow(CorruptRecord);
    expect(() => openValue(Buffer.concat([key, Buffer.of(0)]), value)).toThrow(CorruptRecord);
  });

  it.each(samples)(
    "end in a value or a CorruptRecord when the fields lie behind a good check: %s",
    (...sample) => {
      const [, key, value, read] = sample;
      fc.assert(
        fc.property(fc.nat(), fc.nat({ max: 255 }), fc.nat(), (at, byte, cut) => {
          const fields = Buffer.from(value.subarray(1, value.length - 4));
          const lying = fields.subarray(0, fields.length - (cut % (fields.length + 1)));
          if (lying.length > 0) lying[at % lying.length] = byte;
          try {
            read(
              openValue(
                key,
                encode((writer) => writer.rest(lying), key),
              ),
            );
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptRecord);
          }
        }),
      );
    },
  );

  it("refuse a version they do not know", () => {
    const writer = new ByteWriter();
    writer.rest(KEY);
    writer.u8(2);
    endValue(writer);
    expect(() => openValue(KEY, writer.copy().subarray(KEY.length))).toThrow("unknown record version 2");
  });

  it("tell a database of ours from others", () => {
    const meta = { formatVersion: 1, createdAt: 77 };
    expect(readMeta(encode((writer) => writeMeta(writer, meta)))).toEqual(meta);
    expect(readMeta(Buffer.from("something else"))).toBeUndefined();
    expect(readMeta(Buffer.alloc(0))).toBeUndefined();
  });
});
