import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QoS } from "../../src/base/qos.ts";
import { EntryState, type QueueEntry, type QueueRef } from "../../src/state/records.ts";
import type { StateStore } from "../../src/state/store.ts";
import {
  aBody,
  aMessage,
  anEntry,
  aQueue,
  aSession,
  clientIdOf,
  filterOf,
  Loaded,
  topicOf,
} from "../storage/samples.ts";

/** Where one test's store lives; `open` may be called again after `close` or `kill`. */
export interface StoreHome {
  /** A store that is not open yet. */
  make(): StateStore;
  /** Ends the store without letting it write what was not committed. */
  kill(store: StateStore): Promise<void>;
  destroy(): Promise<void>;
}

const EVERYTHING = [0, Number.MAX_SAFE_INTEGER, 10_000, Number.MAX_SAFE_INTEGER] as const;
const FULL_OPTIONS = {
  qos: QoS.ExactlyOnce,
  noLocal: true,
  retainAsPublished: true,
  retainHandling: 2,
  subscriptionIdentifier: 268_435_455,
} as const;
const PLAIN_OPTIONS = {
  qos: QoS.AtMostOnce,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const;

/** What every StateStore does, whatever it writes to. */
export function stateStoreSuite(name: string, makeHome: () => Promise<StoreHome>): void {
  describe(name, () => {
    let home: StoreHome;
    let store: StateStore;
    const queue = aQueue({ slot: 3, id: 7, nextSeq: 10 });

    async function reopen(): Promise<Loaded> {
      await home.kill(store);
      store = home.make();
      const loaded = new Loaded();
      await store.open(loaded);
      expect(loaded.corruptions).toEqual([]);
      return loaded;
    }
    async function seqs(of: QueueRef = queue): Promise<number[]> {
      return (await store.readEntries(of, ...EVERYTHING)).map(({ seq }) => seq);
    }
    function put(...entries: QueueEntry[]): void {
      for (const entry of entries) store.putEntry(queue, entry);
      store.putQueue(queue);
    }

    beforeEach(async () => {
      home = await makeHome();
      store = home.make();
      await store.open(new Loaded());
    });
    afterEach(async () => {
      await store.close();
      await home.destroy();
    });

    describe("records", () => {
      it("brings back every field of a session with its will", async () => {
        const will = { message: aMessage({ topicName: "gone", retain: true }), delayInterval: 5 };
        const session = aSession("a", { user: "u", queueId: 2 ** 40, disconnectedAt: 9, sentEnd: 12, will });
        store.putSession(session);
        await store.commit();
        expect((await reopen()).sessions).toEqual([session]);
      });

      it("brings back every field of queues, subscriptions and received packet ids", async () => {
        store.putQueue(queue);
        store.putSubscription(1, clientIdOf("a"), filterOf("x/#"), FULL_OPTIONS);
        store.putReceived(1, clientIdOf("a"), 65_535);
        await store.commit();
        const loaded = await reopen();
        expect(loaded.queues).toEqual([queue]);
        expect(loaded.subscriptions).toEqual([
          { slot: 1, clientId: "a", topicFilter: "x/#", options: FULL_OPTIONS },
        ]);
        expect(loaded.receivedIds).toEqual([{ slot: 1, clientId: "a", packetId: 65_535 }]);
      });

      it("brings back a message with all its properties, user properties in order and with duplicates", async () => {
        const message = aMessage({
          payload: Buffer.from([0, 255, 128]),
          qos: QoS.ExactlyOnce,
          retain: true,
          expiresAt: 1_700_000_100_000,
          properties: {
            payloadFormatIndicator: 1,
            contentType: "",
            responseTopic: "answer/é",
            correlationData: Buffer.from([1, 2, 3]),
            userProperties: [
              ["b", "1"],
              ["a", "2"],
              ["b", "1"],
              ["__proto__", "🚀"],
            ],
          },
        });
        store.putRetained(message);
        put(anEntry(1, { message }));
        await store.commit();
        expect((await reopen()).retainedMessages).toEqual([message]);
        expect((await store.readEntries(queue, ...EVERYTHING))[0]?.message).toEqual(message);
      });

      it("loads queues first, then sessions, then the rest", async () => {
        store.putRetained(aMessage());
        store.putReceived(1, clientIdOf("a"), 1);
        store.putSubscription(1, clientIdOf("a"), filterOf("x"), PLAIN_OPTIONS);
        store.putSession(aSession("a"));
        store.putQueue(queue);
        await store.commit();
        const { order } = await reopen();
        expect(order.slice(0, 2)).toEqual(["queue", "session"]);
        expect([...order.slice(2)].sort()).toEqual(["received", "retained", "subscription"]);
      });

      it("keeps nothing of what was deleted", async () => {
        store.putSession(aSession("a"));
        store.putSubscription(1, clientIdOf("a"), filterOf("x"), PLAIN_OPTIONS);
        store.putReceived(1, clientIdOf("a"), 1);
        store.putRetained(aMessage());
        await store.commit();
        store.deleteSession(aSession("a").slot, clientIdOf("a"));
        store.deleteSubscription(1, clientIdOf("a"), filterOf("x"));
        store.deleteReceived(1, clientIdOf("a"), 1);
        store.deleteRetained(topicOf("plant/1/temp"));
        await store.commit();
        expect((await reopen()).order).toEqual([]);
      });

      it("keeps clients apart whose ids are prefixes of each other or not ASCII", async () => {
        const ids = ["a", "ab", "a:", "a%3A", "é", "éa", "🚀", "__proto__", "constructor"];
        for (const id of ids) {
          store.putSession(aSession(id, { slot: 0 }));
          store.putSubscription(0, clientIdOf(id), filterOf(id), PLAIN_OPTIONS);
        }
        await store.commit();
        store.deleteSubscription(0, clientIdOf("a"), filterOf("a"));
        store.deleteSession(0, clientIdOf("a"));
        await store.commit();
        const loaded = await reopen();
        expect(loaded.sessions.map(({ clientId }) => clientId).sort()).toEqual(ids.slice(1).sort());
        expect(loaded.subscriptions.every((s) => (s.clientId as string) === s.topicFilter)).toBe(true);
        expect(loaded.subscriptions).toHaveLength(ids.length - 1);
      });

      it("keeps the last of several changes to one record within a batch", async () => {
        store.putSession(aSession("a", { sentEnd: 1 }));
        store.deleteSession(aSession("a").slot, clientIdOf("a"));
        store.putSession(aSession("a", { sentEnd: 2 }));
        store.putQueue({ ...queue, count: 1 });
        store.putQueue({ ...queue, count: 2 });
        store.putSubscription(1, clientIdOf("a"), filterOf("x"), PLAIN_OPTIONS);
        store.putSubscription(1, clientIdOf("a"), filterOf("x"), FULL_OPTIONS);
        store.putReceived(1, clientIdOf("a"), 1);
        store.deleteReceived(1, clientIdOf("a"), 1);
        const { operations } = await store.commit();
        expect(operations).toBeLessThanOrEqual(6);
        const loaded = await reopen();
        expect(loaded.sessions.map(({ sentEnd }) => sentEnd)).toEqual([2]);
        expect(loaded.queues.map(({ count }) => count)).toEqual([2]);
        expect(loaded.subscriptions.map(({ options }) => options)).toEqual([FULL_OPTIONS]);
        expect(loaded.receivedIds).toEqual([]);
      });
    });

    describe("retained messages", () => {
      const large = (topicName: string, fill: number) =>
        aMessage({ topicName, retain: true, payload: Buffer.alloc(5000, fill) });
      const read = (...names: string[]) => store.readRetained(names.map(topicOf));

      it("are read as last put: from the open batch, while they are written, and from disk", async () => {
        store.putRetained(large("a", 1));
        expect(await read("a", "b")).toEqual([large("a", 1), undefined]);

        const committed = store.commit();
        store.putRetained(large("b", 2));
        const whileWritten = read("a", "b");
        await committed;
        expect(await whileWritten).toEqual([large("a", 1), large("b", 2)]);

        await store.commit();
        await reopen();
        expect(await read("b", "none", "a")).toEqual([large("b", 2), undefined, large("a", 1)]);
      });

      it("are gone for readers as soon as they are deleted, replaced as soon as they are put again", async () => {
        store.putRetained(large("a", 1));
        store.putRetained(large("b", 1));
        await store.commit();

        store.deleteRetained(topicOf("a"));
        store.putRetained(large("b", 2));
        expect(await read("a", "b")).toEqual([undefined, large("b", 2)]);
        const committed = store.commit();
        expect(await read("a", "b")).toEqual([undefined, large("b", 2)]);
        await committed;
        expect(await read("a", "b")).toEqual([undefined, large("b", 2)]);
      });
    });

    describe("the open batch", () => {
      it("is lost with the process", async () => {
        put(anEntry(1));
        store.putSession(aSession("a"));
        expect((await reopen()).order).toEqual([]);
        expect(await seqs()).toEqual([]);
      });

      it("says whether it holds anything and roughly how much", async () => {
        expect(store.isDirty).toBe(false);
        store.putEntry(queue, anEntry(1, { message: aMessage({ payload: Buffer.alloc(5000) }) }));
        expect(store.isDirty).toBe(true);
        expect(store.openBytes).toBeGreaterThan(5000);
        await store.commit();
        expect(store.isDirty).toBe(false);
        expect(store.openBytes).toBe(0);
      });

      it("forgets an entry that is deleted before its batch is written", async () => {
        const entry = anEntry(1);
        store.putEntry(queue, entry);
        expect(entry.stored).toBe(EntryState.Open);
        store.deleteEntry(queue, entry);
        expect(entry.stored).toBe(EntryState.Gone);
        expect(store.isDirty).toBe(false);
        expect((await store.commit()).operations).toBe(0);
      });

      it("writes the queue's other records when an entry was taken out", async () => {
        const [first, second] = [anEntry(1), anEntry(2)];
        put(first, second, anEntry(3));
        store.deleteEntry(queue, second);
        store.putQueue({ ...queue, count: 2 });
        await store.commit();
        expect((await reopen()).queues).toEqual([{ ...queue, count: 2 }]);
        expect(await seqs()).toEqual([1, 3]);
      });

      it("stays small when thousands of entries come and go in it", async () => {
        put(anEntry(0));
        for (let seq = 1; seq < 5000; seq++) {
          const entry = anEntry(seq);
          store.putEntry(queue, entry);
          store.deleteEntry(queue, entry);
        }
        expect(store.openBytes).toBeLessThan(1000);
        await store.commit();
        expect(await seqs()).toEqual([0]);
      });
    });

    describe("entries", () => {
      it("come back in order, within the range, the limit and the byte bound", async () => {
        const message = aMessage({ payload: Buffer.alloc(1000) });
        for (let seq = 250; seq < 270; seq++) put(anEntry(seq, { message }));
        await store.commit();
        const read = async (...range: [number, number, number, number]) =>
          (await store.readEntries(queue, ...range)).map(({ seq }) => seq);
        expect(await read(254, 258, 100, 1e6)).toEqual([254, 255, 256, 257]);
        expect(await read(0, 1000, 3, 1e6)).toEqual([250, 251, 252]);
        expect(await read(260, 1000, 100, 1)).toEqual([260]);
        expect((await read(0, 1000, 100, 3000)).length).toBeLessThan(5);
        expect(await read(270, 1000, 100, 1e6)).toEqual([]);
      });

      it("that nobody holds come back beside the others, whole, and can be settled", async () => {
        const message = aMessage({ payload: Buffer.from("kept by nobody") });
        put(anEntry(1));
        for (const seq of [2, 3]) store.appendEntry(queue, anEntry(seq, { message }));
        put(anEntry(4));
        expect((await store.commit()).operations).toBeGreaterThan(3);
        const found = await store.readEntries(queue, ...EVERYTHING);
        expect(found.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
        expect(found[1]?.message).toEqual(message);
        store.deleteEntry(queue, found[1]!);
        await store.commit();
        await reopen();
        expect(await seqs()).toEqual([1, 3, 4]);
      });

      it("that nobody holds make the open batch worth writing, and count for its size", async () => {
        store.appendEntry(queue, anEntry(1, { message: aMessage({ payload: Buffer.alloc(5000) }) }));
        expect(store.isDirty).toBe(true);
        expect(store.openBytes).toBeGreaterThan(5000);
        expect((await store.commit()).bytes).toBeGreaterThan(5000);
        expect([store.isDirty, store.openBytes]).toEqual([false, 0]);
        expect(await seqs()).toEqual([1]);
      });

      it("that nobody holds share a body with those that somebody does", async () => {
        const message = aMessage({ payload: Buffer.alloc(5000, 1) });
        const body = aBody(queue, 1);
        const other = aQueue({ slot: 4, id: 9 });
        put(anEntry(1, { message, body }));
        store.appendEntry(other, anEntry(1, { message, body }));
        await store.commit();
        const [kept] = await store.readEntries(other, ...EVERYTHING);
        expect(kept?.message).toEqual(message);
        expect(kept?.body?.references).toBe(2);
      });

      it("belong to their queue alone", async () => {
        const other = aQueue({ slot: 3, id: 8 });
        const elsewhere = aQueue({ slot: 4, id: 7 });
        put(anEntry(1));
        store.putEntry(other, anEntry(2));
        store.putEntry(elsewhere, anEntry(3));
        await store.commit();
        expect([await seqs(), await seqs(other), await seqs(elsewhere)]).toEqual([[1], [2], [3]]);
      });

      it("bring back their delivery", async () => {
        const delivery = {
          qos: QoS.ExactlyOnce,
          retain: true,
          subscriptionIdentifiers: [1, 268_435_455],
        } as const;
        put(anEntry(1, { delivery }));
        await store.commit();
        await reopen();
        const [entry] = await store.readEntries(queue, ...EVERYTHING);
        expect(entry).toEqual({ ...anEntry(1, { delivery }), stored: EntryState.Written });
      });

      it("are deleted for good once written, also when read back by another process", async () => {
        const entry = anEntry(1);
        put(entry, anEntry(2));
        await store.commit();
        expect(entry.stored).toBe(EntryState.Written);
        store.deleteEntry(queue, entry);
        await store.commit();
        await reopen();
        const [second] = await store.readEntries(queue, ...EVERYTHING);
        expect(second?.seq).toBe(2);
        store.deleteEntry(queue, second!);
        store.deleteEntry(queue, second!);
        await store.commit();
        await reopen();
        expect(await seqs()).toEqual([]);
      });

      it("end deleted when deleted while their batch is on its way to disk", async () => {
        const entry = anEntry(1);
        put(entry);
        const committed = store.commit();
        store.deleteEntry(queue, entry);
        await committed;
        await store.commit();
        await reopen();
        expect(await seqs()).toEqual([]);
      });

      it("keep only the handshake once released, before and after they were written", async () => {
        const [early, late] = [anEntry(1), anEntry(2)];
        put(early, late);
        store.releaseEntry(queue, early);
        await store.commit();
        store.releaseEntry(queue, late);
        expect(late.message).toBeUndefined();
        await store.commit();
        await reopen();
        const entries = await store.readEntries(queue, ...EVERYTHING);
        expect(entries.map(({ seq, message }) => [seq, message])).toEqual([
          [1, undefined],
          [2, undefined],
        ]);
        store.deleteEntry(queue, entries[0]!);
        await store.commit();
        expect(await seqs()).toEqual([2]);
      });

      it("are gone when released and deleted within one batch", async () => {
        const entry = anEntry(1);
        put(entry);
        await store.commit();
        store.releaseEntry(queue, entry);
        store.deleteEntry(queue, entry);
        await store.commit();
        await reopen();
        expect(await seqs()).toEqual([]);
      });
    });

    describe("shared bodies", () => {
      const other = aQueue({ slot: 9, id: 8 });
      const message = aMessage({ payload: Buffer.alloc(2000, 7) });

      it("come back as one object that counts its entries", async () => {
        const body = aBody(queue, 1);
        put(anEntry(1, { message, body }));
        store.putEntry(other, anEntry(5, { message, body }));
        expect(body.references).toBe(2);
        await store.commit();
        await reopen();
        const [first] = await store.readEntries(queue, ...EVERYTHING);
        const [second] = await store.readEntries(other, ...EVERYTHING);
        expect(first?.message).toEqual(message);
        expect(second?.message).toEqual(message);
        expect(second?.body).toBe(first?.body);
        expect(first?.body?.references).toBe(2);
      });

      it("outlive all but their last entry", async () => {
        const body = aBody(queue, 1);
        const first = anEntry(1, { message, body });
        put(first);
        store.putEntry(other, anEntry(5, { message, body }));
        await store.commit();
        store.deleteEntry(queue, first);
        await store.commit();
        await reopen();
        const [left] = await store.readEntries(other, ...EVERYTHING);
        expect(left?.message).toEqual(message);
        expect(left?.body?.references).toBe(1);
      });

      it("are stored for the entries that survive when others were taken out first", async () => {
        const body = aBody(queue, 1);
        const first = anEntry(1, { message, body });
        put(first);
        store.putEntry(other, anEntry(5, { message, body }));
        store.deleteEntry(queue, first);
        await store.commit();
        await reopen();
        const [left] = await store.readEntries(other, ...EVERYTHING);
        expect(left?.message).toEqual(message);
        expect(left?.body?.references).toBe(1);
      });

      it("lose a reference when an entry is released, once", async () => {
        const body = aBody(queue, 1);
        const first = anEntry(1, { message, body });
        put(first);
        store.putEntry(other, anEntry(5, { message, body }));
        await store.commit();
        store.releaseEntry(queue, first);
        store.deleteEntry(queue, first);
        expect(body.references).toBe(1);
        await store.commit();
        await reopen();
        const [left] = await store.readEntries(other, ...EVERYTHING);
        expect(left?.body?.references).toBe(1);
        expect(left?.message).toEqual(message);
      });
    });

    describe("deleting a queue", () => {
      it("takes its entries and those of the open batch with it, and leaves its neighbours", async () => {
        const neighbour = aQueue({ slot: 3, id: 8, name: "session/b" });
        put(anEntry(1), anEntry(2));
        store.putQueue(neighbour);
        store.putEntry(neighbour, anEntry(1));
        await store.commit();
        put(anEntry(3));
        store.appendEntry(queue, anEntry(4));
        store.deleteQueue(queue);
        await store.commit();
        const loaded = await reopen();
        expect(loaded.queues).toEqual([neighbour]);
        expect(await seqs(neighbour)).toEqual([1]);
      });

      it("leaves nothing of a queue that was made in the same batch", async () => {
        put(anEntry(1));
        store.deleteQueue(queue);
        await store.commit();
        expect(await seqs()).toEqual([]);
        expect((await reopen()).queues).toEqual([]);
      });
    });
  });
}
