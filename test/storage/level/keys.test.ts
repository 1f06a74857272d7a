import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slotOf, toClientId } from "../../../src/base/ids.ts";
import {
  describeKey,
  entryRange,
  keyOf,
  readEntrySeq,
  readQueueKey,
  readReceivedKey,
  readSessionKey,
  readSubscriptionKey,
  Table,
  tableRange,
  writeBodyCountKey,
  writeBodyKey,
  writeEntryKey,
  writeQueueKey,
  writeReceivedKey,
  writeRetainedKey,
  writeSessionKey,
  writeSubscriptionKey,
} from "../../../src/storage/level/keys.ts";
import { clientIdOf, filterOf, topicOf } from "../samples.ts";

const text = fc.string({ unit: "grapheme", maxLength: 80 });
const slot = fc.integer({ min: 0, max: 47 });
const number = fc.maxSafeNat();

const sessionKey = (at: number, id: string) => keyOf((writer) => writeSessionKey(writer, at, toClientId(id)));
const entryKey = (at: number, id: number, seq: number) =>
  keyOf((writer) => writeEntryKey(writer, { slot: at, id }, seq));

describe("keys", () => {
  it("begin with the slot, then the table", () => {
    expect([...sessionKey(47, "a").subarray(0, 2)]).toEqual([47, Table.Session]);
    expect([...keyOf((writer) => writeRetainedKey(writer, topicOf("a/b"))).subarray(0, 2)]).toEqual([
      slotOf("a/b"),
      Table.Retained,
    ]);
  });

  it("say again what they were made of", () => {
    fc.assert(
      fc.property(slot, text, text, number, number, (at, id, filter, queueId, seq) => {
        const clientId = clientIdOf(id);
        expect(readSessionKey(sessionKey(at, id))).toEqual({ slot: at, clientId });
        const subscription = keyOf((writer) => writeSubscriptionKey(writer, at, clientId, filterOf(filter)));
        expect(readSubscriptionKey(subscription)).toEqual({ slot: at, clientId, topicFilter: filter });
        const received = keyOf((writer) => writeReceivedKey(writer, at, clientId, seq % 65_536));
        expect(readReceivedKey(received)).toEqual({ slot: at, clientId, packetId: seq % 65_536 });
        const queue = { slot: at, id: queueId };
        expect(readQueueKey(keyOf((writer) => writeQueueKey(writer, queue)))).toEqual(queue);
        expect(readEntrySeq(entryKey(at, queueId, seq))).toBe(seq);
      }),
    );
  });

  it("of a queue's entries sort as their sequence numbers do", () => {
    fc.assert(
      fc.property(slot, number, number, number, (at, id, a, b) => {
        expect(Math.sign(Buffer.compare(entryKey(at, id, a), entryKey(at, id, b)))).toBe(Math.sign(a - b));
      }),
    );
  });

  it("of one queue lie in its range, those of every other queue outside it", () => {
    fc.assert(
      fc.property(slot, slot, number, number, number, (at, otherAt, id, otherId, seq) => {
        const range = entryRange({ slot: at, id }, 0, Number.MAX_SAFE_INTEGER);
        const key = entryKey(otherAt, otherId, seq);
        const isInside = Buffer.compare(key, range.gte) >= 0 && Buffer.compare(key, range.lt) < 0;
        expect(isInside).toBe(at === otherAt && id === otherId && seq < Number.MAX_SAFE_INTEGER);
      }),
    );
  });

  it("are never the beginning of another key, whatever the ids", () => {
    const named = fc.constantFrom("a", "ab", "a:", "a%3A", "é", "éa", "🚀", "", "a\u0000", "\uffff");
    fc.assert(
      fc.property(fc.oneof(named, text), fc.oneof(named, text), fc.oneof(named, text), (a, b, filter) => {
        fc.pre(a !== b);
        const keys = [a, b].flatMap((id) => [
          sessionKey(1, id),
          keyOf((writer) => writeSubscriptionKey(writer, 1, clientIdOf(id), filterOf(filter))),
          keyOf((writer) => writeReceivedKey(writer, 1, clientIdOf(id), 97)),
        ]);
        for (const key of keys) {
          for (const other of keys) {
            if (key !== other) expect(other.subarray(0, key.length).equals(key)).toBe(false);
          }
        }
      }),
    );
  });

  it("of different tables lie in different ranges", () => {
    const place = { slot: 5, queueId: 1, seq: 2 };
    const body = keyOf((writer) => writeBodyKey(writer, place));
    const count = keyOf((writer) => writeBodyCountKey(writer, place));
    const range = tableRange(5, Table.Body);
    expect(Buffer.compare(body, range.gte) >= 0 && Buffer.compare(body, range.lt) < 0).toBe(true);
    expect(Buffer.compare(count, range.lt) >= 0).toBe(true);
  });

  it("can be named in a log line", () => {
    expect(describeKey(Buffer.of(1, Table.Retained, 0xab))).toBe("Retained record 0104ab");
    expect(describeKey(Buffer.of(1, 0xee))).toBe("unknown record 01ee");
  });
});
