import { beforeEach, describe, expect, it } from "vitest";
import { toClientId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { QoS } from "../../src/base/qos.ts";
import type { DurableSession } from "../../src/state/durable-session.ts";
import type { Operation } from "../../src/state/operations.ts";
import { LevelStore } from "../../src/storage/level/level-store.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { removeFolder, temporaryFolder } from "../storage/level/temporary-folder.ts";
import { aMessage, filterOf } from "../storage/samples.ts";
import { inconsistencies, opening, openRig, pagesArrive, publishTo, Rig, subscribing, Taker } from "./rig.ts";

const clientId = toClientId("c");
const discarding: Operation = { type: "discard", clientId };

describe("state machine", () => {
  let disk: MemoryDisk;
  let rig: Rig;

  async function restart(): Promise<void> {
    rig = await openRig(disk);
  }

  beforeEach(async () => {
    disk = new MemoryDisk();
    rig = await openRig(disk);
  });

  describe("sessions", () => {
    it("come back after a restart with subscriptions, packet ids, will and messages", async () => {
      const will = { message: aMessage({ topicName: "gone" }), delayInterval: 3 };
      rig.apply(opening("c", { user: "u", will }), subscribing("c", "a/#"));
      const session = rig.session("c");
      rig.apply(publishTo("m", QoS.AtLeastOnce, [session.queue], { receivedFor: session, packetId: 7 }));
      await rig.commit();

      await restart();

      const found = rig.session("c");
      expect(found.record()).toEqual(session.record());
      expect([...found.subscriptions.keys()]).toEqual(["a/#"]);
      expect([...found.received]).toEqual([7]);
      expect(found.queue.count).toBe(1);
      expect(rig.effects.opened).toEqual([found]);
    });

    it("take nothing over into a clean start [MQTT-3.1.2-4]", async () => {
      rig.apply(opening("c"), subscribing("c", "a/#"));
      const old = rig.session("c");
      rig.apply(publishTo("m", QoS.AtLeastOnce, [old.queue], { receivedFor: old, packetId: 7 }));
      await rig.commit();

      rig.apply(opening("c", { cleanStart: true }));
      await rig.commit();
      await restart();

      const found = rig.session("c");
      expect([found.subscriptions.size, found.received.size, found.queue.count]).toEqual([0, 0, 0]);
      expect(found.queue.id).not.toBe(old.queue.id);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("keep only what the last of several lives in one batch left", async () => {
      rig.apply(opening("c"), subscribing("c", "first"));
      rig.send("first", QoS.AtLeastOnce, rig.session("c").queue);
      rig.apply(discarding, opening("c"), subscribing("c", "second"));
      rig.send("second", QoS.AtLeastOnce, rig.session("c").queue);
      rig.apply(opening("c", { cleanStart: true }), subscribing("c", "third"));
      rig.send("third", QoS.AtLeastOnce, rig.session("c").queue);

      await rig.commit();
      await restart();

      expect([...rig.session("c").subscriptions.keys()]).toEqual(["third"]);
      const taker = new Taker(rig.session("c").queue);
      taker.ready();
      await pagesArrive();
      expect(taker.texts).toEqual(["third"]);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("leave nothing behind when they are discarded in the batch that opened them", async () => {
      rig.apply(opening("c"), subscribing("c", "a"));
      const session = rig.session("c");
      rig.apply(publishTo("m", QoS.ExactlyOnce, [session.queue], { receivedFor: session, packetId: 1 }));
      rig.apply(discarding);

      await rig.commit();

      expect([disk.clients.size, disk.queues.size, disk.entries.size]).toEqual([0, 0, 0]);
      expect(rig.effects.deleted).toEqual([session]);
    });

    it("leave nothing behind when they are discarded while their last batch is written", async () => {
      rig.apply(opening("c"));
      rig.send("m", QoS.AtLeastOnce, rig.session("c").queue);
      rig.machine.freeze();
      rig.apply(discarding);
      await rig.store.commit();
      rig.machine.committed();
      await rig.commit();

      expect([disk.clients.size, disk.queues.size, disk.entries.size]).toEqual([0, 0, 0]);
    });

    it("hear no more of what was meant for a former session of their name", async () => {
      const receiving = (session: DurableSession, packetId: number): Operation =>
        publishTo("m", QoS.ExactlyOnce, [], { receivedFor: session, packetId });
      rig.apply(opening("c"));
      const former = rig.session("c");
      rig.apply(receiving(former, 5));
      await rig.commit();
      rig.apply(opening("c", { cleanStart: true }));
      rig.apply(receiving(rig.session("c"), 5));
      await rig.commit();

      rig.apply(
        { type: "forget", session: former, packetId: 5 },
        publishTo("late", QoS.ExactlyOnce, [former.queue], {
          receivedFor: former,
          packetId: 6,
          willOf: former,
        }),
        { type: "settle", queue: former.queue, seq: 0 },
        { type: "release", queue: former.queue, seq: 0 },
      );
      await rig.commit();
      await restart();

      expect([...rig.session("c").received]).toEqual([5]);
      expect(disk.queues.size).toBe(1);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("give their will away in the write that publishes it", async () => {
      const will = { message: aMessage({ topicName: "gone" }), delayInterval: 0 };
      rig.apply(opening("c", { will }), opening("other"));
      await rig.commit();

      rig.apply(
        publishTo("gone", QoS.AtLeastOnce, [rig.session("other").queue], { willOf: rig.session("c") }),
      );
      const beforeCommit = (await openRig(disk)).session("c").will;
      await rig.commit();
      await restart();

      expect(beforeCommit?.message.topicName).toBe("gone");
      expect(rig.session("c").will).toBeUndefined();
      expect(rig.session("other").queue.count).toBe(1);
    });

    it("remember when they were closed, and whether with a will", async () => {
      const will = { message: aMessage(), delayInterval: 9 };
      rig.apply(opening("keeps", { will }), opening("drops", { will }));
      for (const [id, keepWill] of [
        ["keeps", true],
        ["drops", false],
      ] as const) {
        rig.apply({
          type: "close",
          clientId: toClientId(id),
          expiryInterval: 5,
          keepWill,
          sentEnd: 0,
          at: 77,
        });
      }
      await rig.commit();
      await restart();

      expect(rig.session("keeps").record()).toMatchObject({ disconnectedAt: 77, expiryInterval: 5, will });
      expect(rig.session("drops").will).toBeUndefined();
    });

    it("take for sent what may have been, after a crash, and what was, after a close", async () => {
      rig.apply(opening("crashed"), opening("closed"));
      const queues = [rig.session("crashed").queue, rig.session("closed").queue];
      for (let i = 0; i < 2_000; i++) rig.send("m", QoS.AtLeastOnce, ...queues);
      rig.apply({
        type: "close",
        clientId: toClientId("closed"),
        expiryInterval: 60,
        keepWill: true,
        sentEnd: 12,
        at: 5,
      });
      await rig.commit();
      await restart();

      expect(rig.session("crashed").queue.sentEnd).toBe(1_024);
      expect(rig.session("closed").queue.sentEnd).toBe(12);
    });
  });

  describe("queues", () => {
    it("that were declared are stored without any other change", async () => {
      rig.declare("bridge/a/0");
      expect(rig.machine.isDirty).toBe(true);

      await rig.commit();
      await restart();

      expect(rig.machine.queue("bridge/a/0")).toBeDefined();
      expect(rig.machine.isDirty).toBe(false);
    });

    it("keep their record in step with their entries in every batch", async () => {
      const queue = rig.declare("q");
      new Taker(queue);
      const steps: (() => void)[] = [
        () => rig.send("a", QoS.ExactlyOnce, queue),
        () => rig.send("b", QoS.AtLeastOnce, queue),
        () => rig.apply({ type: "release", queue, seq: 0 }),
        () => rig.apply({ type: "settle", queue, seq: 1 }),
        () => queue.detach(),
        () => new Taker(queue).ready(),
        () => rig.apply({ type: "settle", queue, seq: 0 }),
        () => rig.send("c", QoS.AtLeastOnce, queue),
      ];

      for (const step of steps) {
        step();
        await rig.commit();
        await pagesArrive();
        expect(inconsistencies(disk)).toEqual([]);
      }

      expect(queue.record()).toMatchObject({ count: 1, nextSeq: 3, headSeq: 2 });
    });

    it("bury an entry in another queue in one write, once", async () => {
      const [from, to] = [rig.declare("from"), rig.declare("to")];
      new Taker(from);
      rig.send("bad", QoS.AtLeastOnce, from);
      await rig.commit();
      const burying: Operation = {
        type: "bury",
        from,
        seq: 0,
        message: aMessage(),
        targets: [{ queue: to, delivery: { qos: 1, retain: false, subscriptionIdentifiers: [] } }],
      };

      rig.apply(burying, burying);
      const beforeCommit = await openRig(disk);
      await rig.commit();
      await restart();

      const counts = (r: Rig) => [r.queue("from").count, r.queue("to").count];
      expect(counts(beforeCommit)).toEqual([1, 0]);
      expect(counts(rig)).toEqual([0, 1]);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("that are dropped with changes in the open batch leave nothing behind", async () => {
      const queue = rig.declare("q");
      rig.send("a", QoS.AtLeastOnce, queue);
      await rig.commit();
      rig.send("b", QoS.AtLeastOnce, queue);

      rig.apply({ type: "drop", name: "q" }, { type: "drop", name: "q" });
      rig.send("late", QoS.AtLeastOnce, queue);
      await rig.commit();

      expect([disk.queues.size, disk.entries.size]).toEqual([0, 0]);
    });

    it("share one large body and keep it as long as one of them needs it", async () => {
      const text = "x".repeat(4_096);
      const [a, b] = [rig.declare("a"), rig.declare("b")];
      new Taker(a);
      rig.send(text, QoS.AtLeastOnce, a, b);
      rig.apply({ type: "settle", queue: a, seq: 0 });
      await rig.commit();
      await restart();

      const taker = new Taker(rig.queue("b"));
      taker.ready();
      await pagesArrive();

      expect(taker.texts).toEqual([text]);
    });
  });

  describe("retained messages", () => {
    it("are kept, replaced, and cleared by an empty payload [MQTT-3.3.1-6]", async () => {
      const retain = (topicName: string, text: string): Operation =>
        publishTo("", QoS.AtLeastOnce, [], {
          message: aMessage({ topicName, payload: Buffer.from(text) }),
          retain: true,
        });
      rig.apply(retain("a", "1"), retain("b", "1"), retain("c", "1"));
      await rig.commit();
      rig.apply(retain("a", "2"), retain("b", ""));
      await rig.commit();
      await restart();

      expect(Object.fromEntries(rig.effects.retainedMessages)).toEqual({ a: "2", c: "1" });
    });
  });

  describe("damage", () => {
    beforeEach(async () => {
      rig.apply(opening("c"), subscribing("c", "a/#"));
      const session = rig.session("c");
      rig.apply(publishTo("m", QoS.ExactlyOnce, [session.queue], { receivedFor: session, packetId: 3 }));
      await rig.commit();
    });

    it("to a queue's record costs its messages, not the session, and no id is given twice", async () => {
      const lostId = rig.session("c").queue.id;
      disk.queues.clear();

      await restart();
      const { queue } = rig.session("c");
      await rig.commit();
      rig.send("new", QoS.AtLeastOnce, queue);
      await rig.commit();
      await restart();

      expect(queue.id).toBeGreaterThan(lostId);
      expect([...rig.session("c").subscriptions.keys()]).toEqual(["a/#"]);
      expect([...rig.session("c").received]).toEqual([3]);
      expect(rig.session("c").queue.count).toBe(1);
      expect(rig.effects.corruptions).toEqual([]);
    });

    it("to a session's record leaves nothing for a later session of that name", async () => {
      const client = disk.clients.get(clientId);
      if (client !== undefined) client.session = undefined;

      await restart();
      rig.apply(opening("c"));
      await rig.commit();
      await restart();

      const session = rig.session("c");
      expect([session.subscriptions.size, session.received.size, session.queue.count]).toEqual([0, 0, 0]);
      expect(session.subscriptions.has(filterOf("a/#"))).toBe(false);
    });
  });

  describe("on LevelDB", () => {
    let folder: string;

    beforeEach(async () => {
      folder = await temporaryFolder();
      return () => removeFolder(folder);
    });

    async function openLevel(): Promise<Rig<LevelStore>> {
      const level = new Rig(new LevelStore({ folder, sync: false }, silentLogger));
      await level.machine.load();
      return level;
    }

    it("never gives a queue the id of one whose entries are still being cleared", async () => {
      const level = await openLevel();
      level.apply(opening("c"));
      const old = level.session("c").queue;
      for (let i = 0; i < 1_500; i++) level.send("old", QoS.AtLeastOnce, old);
      await level.commit();
      level.apply(discarding);
      await level.commit();
      await level.store.close();

      const next = await openLevel();
      next.store.onCommitWanted = () => void next.commit();
      next.apply(opening("c"));
      const { queue } = next.session("c");
      next.send("new", QoS.AtLeastOnce, queue);
      await next.commit();
      await next.store.cleared();
      const found = await next.store.readEntries(queue, 0, 10, 10, 1_000);
      await next.store.close();

      expect(queue.id).toBeGreaterThan(old.id);
      expect(found.map(({ message }) => message?.payload.toString())).toEqual(["new"]);
    });
  });
});
