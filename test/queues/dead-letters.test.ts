import { describe, expect, it } from "vitest";

import type { FieldTable, FieldValue } from "../../src/base/field-table.ts";
import { toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import type { WorkQueue } from "../../src/queues/work-queue.ts";
import type { Queue } from "../../src/state/queue.ts";
import { aMessage } from "../storage/samples.ts";
import { QueueRig } from "./support/queue-rig.ts";
import { type TestConsumer, textOf } from "./support/test-consumer.ts";

/** A table as plain values; bytes are texts, bigints numbers. */
function plain(table: FieldTable): Record<string, unknown> {
  return Object.fromEntries(table.map(({ name, field }) => [name, plainField(field)]));
}

function plainField(field: FieldValue): unknown {
  if (field.type === "S") return field.value.toString();
  if (field.type === "A") return field.value.map(plainField);
  if (field.type === "F") return plain(field.value);
  return typeof field.value === "bigint" ? Number(field.value) : field.value;
}

function text(value: string): FieldValue {
  return { type: "S", value: Buffer.from(value) };
}

interface Graveyard {
  readonly rig: QueueRig;
  readonly source: WorkQueue<Queue>;
  readonly dead: WorkQueue<Queue>;
  readonly mourner: TestConsumer;
  headersOf(index: number): Record<string, unknown>;
  messageAt(index: number): Message;
}

/** A queue `source` whose dead letters go to the queue `dead`. */
function graveyard(over: Parameters<QueueRig["declare"]>[1] = {}, deadOver: typeof over = {}): Graveyard {
  const rig = new QueueRig();
  rig.exchanges.set("dlx", ["dead"]);
  const source = rig.declare("source", { deadLetterExchange: "dlx", ...over });
  const dead = rig.declare("dead", deadOver);
  const mourner = rig.consumer(dead);
  const messageAt = (index: number): Message => {
    const delivery = mourner.deliveries[index];
    if (delivery === undefined) throw new Error(`no dead letter ${index}`);
    return delivery.message;
  };
  const headersOf = (index: number) => plain(rig.headers.headersOf(messageAt(index)));
  return { rig, source, dead, mourner, headersOf, messageAt };
}

describe.each([
  ["durable to durable", true, true],
  ["durable to memory", true, false],
  ["memory to durable", false, true],
  ["memory to memory", false, false],
])("dead-lettering, %s", (_name, durable, deadDurable) => {
  it("takes a rejected message to the dead-letter exchange, with its history", async () => {
    const { rig, source, mourner, headersOf, messageAt } = graveyard({ durable }, { durable: deadDurable });
    const consumer = rig.consumer(source);
    rig.publish(source, "1", { routingKey: "order.new", expiration: 60_000 });
    await rig.settled();

    consumer.reject("1");
    await rig.settled();

    expect(mourner.texts).toEqual(["1"]);
    expect(headersOf(0)).toEqual({
      "x-death": [
        {
          count: 1,
          reason: "rejected",
          queue: "source",
          time: 1,
          exchange: "source",
          "routing-keys": ["order.new"],
          "original-expiration": "60000",
        },
      ],
      "x-first-death-reason": "rejected",
      "x-first-death-queue": "source",
      "x-first-death-exchange": "source",
    });
    expect(messageAt(0)).toMatchObject({
      expiresAt: 0,
      envelope: { exchange: "dlx", routingKey: "order.new" },
    });
    expect([source.messageCount, source.unacknowledged, source.counters.deadLettered]).toEqual([0, 0, 1]);
  });

  it("takes expired messages there when they are due, with nobody consuming", async () => {
    const { rig, source, mourner, headersOf } = graveyard({ durable }, { durable: deadDurable });
    rig.publish(source, "1", { expiration: 500 });
    rig.publish(source, "2", { expiration: 1500 });
    await rig.settled();

    await rig.clock.advance(499);
    expect(mourner.texts).toEqual([]);
    await rig.clock.advance(1);
    await rig.settled();
    expect(mourner.texts).toEqual(["1"]);
    await rig.clock.advance(1000);
    await rig.settled();

    expect(mourner.texts).toEqual(["1", "2"]);
    expect(headersOf(1)["x-first-death-reason"]).toBe("expired");
    expect(source.counters.expired).toBe(2);
  });

  it("takes what x-max-length drops there", async () => {
    const { rig, source, mourner, headersOf } = graveyard(
      { durable, maximumLength: 1 },
      { durable: deadDurable },
    );

    for (const name of ["1", "2", "3"]) rig.publish(source, name);
    await rig.settled();

    expect(mourner.texts).toEqual(["1", "2"]);
    expect(headersOf(0)["x-first-death-reason"]).toBe("maxlen");
  });

  it("takes what came back more often than x-delivery-limit there", async () => {
    const { rig, source, mourner, headersOf } = graveyard(
      { durable, deliveryLimit: 2 },
      { durable: deadDurable },
    );
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();

    for (let i = 0; i < 3; i++) {
      consumer.requeue("1");
      await rig.settled();
    }

    expect(consumer.texts).toEqual(["1", "1", "1"]);
    expect(mourner.texts).toEqual(["1"]);
    expect(headersOf(0)["x-first-death-reason"]).toBe("delivery_limit");
    expect(source.counters.requeued).toBe(3);
  });
});

describe("a dead letter", () => {
  it("leaves one queue and enters the others in one write", async () => {
    const { rig, source } = graveyard();
    rig.exchanges.set("dlx", ["dead", "dead too"]);
    rig.declare("dead too");
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();
    rig.store.hold();

    consumer.reject("1");
    await rig.settled();
    const killed = await rig.restarted("killed");

    expect([...killed.queues.values()].map((queue) => queue.messageCount)).toEqual([1, 0, 0]);
  });

  it("goes where x-dead-letter-routing-key says, and CC no longer counts", async () => {
    const { rig, source, mourner, headersOf, messageAt } = graveyard({
      deadLetterExchange: "",
      deadLetterRoutingKey: "dead",
    });
    const consumer = rig.consumer(source);
    const headers: FieldTable = [{ name: "CC", field: { type: "A", value: [text("source")] } }];
    rig.publish(source, "1", { headers });
    await rig.settled();

    consumer.reject("1");
    await rig.settled();

    expect(mourner.texts).toEqual(["1"]);
    expect(consumer.texts).toEqual(["1"]);
    expect(messageAt(0).envelope?.routingKey).toBe("dead");
    expect(headersOf(0)).not.toHaveProperty("CC");
    expect(headersOf(0)["x-death"]).toMatchObject([{ "routing-keys": ["key", "source"] }]);
  });

  it("goes by its own key and those of CC without x-dead-letter-routing-key", async () => {
    const { rig, source, mourner, headersOf } = graveyard({ deadLetterExchange: "" });
    const other = rig.consumer(rig.declare("other"));
    const consumer = rig.consumer(source);
    const headers: FieldTable = [{ name: "CC", field: { type: "A", value: [text("other")] } }];
    rig.publish(source, "1", { routingKey: "dead", headers });
    await rig.settled();

    consumer.reject("1");
    await rig.settled();

    expect([mourner.texts, other.texts]).toEqual([["1"], ["1"]]);
    expect(headersOf(0)).toMatchObject({ CC: ["other"] });
  });

  it("that was published over MQTT says by which exchange and key it was seen", async () => {
    const { rig, source, headersOf } = graveyard();
    const consumer = rig.consumer(source);
    rig.send(
      source,
      aMessage({ topicName: "plant/1/temp", payload: Buffer.from("21"), publisherId: toClientId("s") }),
    );
    await rig.settled();

    consumer.reject("21");
    await rig.settled();

    expect(headersOf(0)["x-death"]).toMatchObject([
      { exchange: "amq.topic", "routing-keys": ["plant.1.temp"] },
    ]);
  });

  it("reaches the receivers of its topic as well where the exchange shows topics", async () => {
    const { rig, source, mourner } = graveyard({ deadLetterExchange: "amq.topic" });
    rig.exchanges.set("amq.topic", ["dead"]);
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();

    consumer.reject("1");
    await rig.settled();

    expect(mourner.texts).toEqual(["1"]);
    expect(rig.routed.map(({ payload }) => payload.toString())).toEqual(["1"]);
    expect(source.messageCount).toBe(0);
  });

  it("is lost and counted when there is no such exchange, no queue, or no dead-letter exchange", async () => {
    for (const over of [
      { deadLetterExchange: "none" },
      { deadLetterExchange: "" },
      { deadLetterExchange: undefined },
    ]) {
      const { rig, source, mourner } = graveyard({ ...over, messageTtlMs: 10 });
      const consumer = rig.consumer(source);
      rig.publish(source, "rejected");
      await rig.settled();
      consumer.reject("rejected");
      consumer.cancel();
      rig.publish(source, "expired");
      await rig.clock.advance(10);
      await rig.settled();

      expect(mourner.texts).toEqual([]);
      expect(Object.fromEntries(source.counters.dropped)).toEqual({ rejected: 1, expired: 1 });
      expect(rig.counters.dropped.get("expired")).toBe(1);
      expect(rig.entriesOnDisk).toBe(0);
    }
  });

  it("counts up, and moves to the front, what happened before in the same queue for the same reason", async () => {
    const { rig, source, mourner, headersOf } = graveyard(
      {},
      { deadLetterExchange: "back", messageTtlMs: 50 },
    );
    mourner.cancel();
    rig.exchanges.set("back", ["source"]);
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();
    for (let i = 0; i < 2; i++) {
      consumer.reject("1");
      await rig.settled();
      await rig.clock.advance(50);
      await rig.settled();
    }
    const again = rig.consumer(rig.queues.get("dead") as WorkQueue<Queue>);

    consumer.reject("1");
    await rig.settled();

    const { message } = again.deliveries[0] ?? {};
    expect(message && plain(rig.headers.headersOf(message))["x-death"]).toMatchObject([
      { count: 3, reason: "rejected", queue: "source" },
      { count: 2, reason: "expired", queue: "dead" },
    ]);
    expect(() => headersOf(0)).toThrow();
  });

  it("that would come back by itself is dropped and counted", async () => {
    const { rig, source, mourner, dead } = graveyard(
      { messageTtlMs: 10 },
      { messageTtlMs: 10, deadLetterExchange: "back" },
    );
    mourner.cancel();
    rig.exchanges.set("back", ["source"]);
    rig.publish(source, "1");
    await rig.settled();

    await rig.clock.advance(100);
    await rig.settled();

    expect([source.messageCount, dead.messageCount]).toEqual([0, 0]);
    expect([source.counters.deadLettered, dead.counters.deadLettered]).toEqual([1, 0]);
    expect(dead.counters.dropped.get("cycle")).toBe(1);
  });

  it("may go round when a consumer has rejected it", async () => {
    const { rig, source } = graveyard({ deadLetterExchange: "", deadLetterRoutingKey: "source" });
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();

    for (let i = 0; i < 3; i++) {
      consumer.reject("1");
      await rig.settled();
    }

    expect(consumer.texts).toEqual(["1", "1", "1", "1"]);
    expect(consumer.redelivered).toEqual([]);
  });

  it("is not taken by a queue that is full and refuses", async () => {
    const { rig, source, dead } = graveyard({}, { overflow: "reject-publish", maximumLength: 0 });
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();

    consumer.reject("1");
    await rig.settled();

    expect(dead.messageCount).toBe(0);
    expect(source.counters.dropped.get("target_full")).toBe(1);
    expect(dead.counters.refused).toBe(1);
  });

  it("is made of a refused publication with reject-publish-dlx", async () => {
    const { rig, source, mourner, headersOf } = graveyard({
      overflow: "reject-publish-dlx",
      maximumLength: 1,
    });
    rig.publish(source, "1");
    expect(source.rejects(1)).toBe(true);

    source.refused(rig.message("2"));
    await rig.settled();

    expect(mourner.texts).toEqual(["2"]);
    expect(headersOf(0)["x-first-death-reason"]).toBe("maxlen");
    expect(source.messageCount).toBe(1);
  });
});

describe("expiry", () => {
  it("counts the smaller of the queue's and the message's own time", async () => {
    const { rig, source, mourner } = graveyard({ messageTtlMs: 100 });
    rig.publish(source, "own", { expiration: 50 });
    await rig.settled();
    await rig.clock.advance(50);
    await rig.settled();
    expect(mourner.texts).toEqual(["own"]);

    rig.publish(source, "queue's", { expiration: 500 });
    await rig.settled();
    await rig.clock.advance(100);
    await rig.settled();

    expect(mourner.texts).toEqual(["own", "queue's"]);
  });

  it("happens at the head only", async () => {
    const { rig, source, mourner } = graveyard();
    rig.publish(source, "stays", {});
    rig.publish(source, "due", { expiration: 10 });
    await rig.settled();
    await rig.clock.advance(1000);
    await rig.settled();
    expect([source.messageCount, mourner.texts]).toEqual([2, []]);

    const consumer = rig.consumer(source, { prefetch: 1 });
    await rig.settled();

    expect([consumer.texts, mourner.texts]).toEqual([["stays"], ["due"]]);
  });

  it("is found when a consumer comes late", async () => {
    const { rig, source, mourner } = graveyard();
    rig.publish(source, "first");
    rig.publish(source, "due", { expiration: 10 });
    rig.publish(source, "last");
    await rig.settled();
    await rig.clock.advance(60_000);

    const consumer = rig.consumer(source);
    await rig.settled();

    expect([consumer.texts, mourner.texts]).toEqual([["first", "last"], ["due"]]);
  });

  it("comes for messages that were given back too late", async () => {
    const { rig, source, mourner } = graveyard({ messageTtlMs: 100 });
    const consumer = rig.consumer(source);
    rig.publish(source, "1");
    await rig.settled();
    await rig.clock.advance(200);
    expect(mourner.texts).toEqual([]);

    consumer.requeue("1");
    await rig.settled();

    expect([consumer.texts, mourner.texts]).toEqual([["1"], ["1"]]);
  });

  it("with a time of 0 lets a consumer have what it can take at once, and nobody else", async () => {
    const { rig, source, mourner } = graveyard({ messageTtlMs: 0 });
    rig.publish(source, "nobody there");
    await rig.settled();
    const consumer = rig.consumer(source, { prefetch: 1 });
    rig.publish(source, "at once");
    rig.publish(source, "busy");
    await rig.settled();

    expect(consumer.texts).toEqual(["at once"]);
    expect(mourner.texts).toEqual(["nobody there", "busy"]);
  });

  it("with a time of 0 is not for a consumer that comes later, also behind a message that stays", async () => {
    const { rig, source, mourner } = graveyard();
    rig.publish(source, "stays");
    rig.publish(source, "at once or never", { expiration: 0 });
    await rig.settled();

    const consumer = rig.consumer(source);
    await rig.settled();

    expect([consumer.texts, mourner.texts]).toEqual([["stays"], ["at once or never"]]);
  });

  it("goes on after a restart, with nobody consuming", async () => {
    const { rig, source } = graveyard();
    rig.publish(source, "1", { expiration: 500 });
    await rig.settled();

    const after = await rig.restarted("killed");
    await after.settled();
    await after.clock.advance(500);
    await after.settled();

    expect(after.queues.get("source")?.messageCount).toBe(0);
    expect(after.queues.get("dead")?.messageCount).toBe(1);
  });

  it("looks at every priority, each at its head", async () => {
    const { rig, source, mourner } = graveyard({ maximumPriority: 9 });
    rig.publish(source, "high", { priority: 9 });
    rig.publish(source, "low", { priority: 1, expiration: 100 });
    await rig.settled();

    await rig.clock.advance(100);
    await rig.settled();

    expect(mourner.texts).toEqual(["low"]);
    expect(source.messageCount).toBe(1);
  });

  it("happens although the queue has given up what it had in memory", async () => {
    const { rig, source, mourner } = graveyard();
    rig.publish(source, "1", { expiration: 600_000 });
    await rig.settled();

    await rig.clock.advance(60_000);
    expect(rig.machine.queue("queue///source/0")?.isConsumed).toBe(false);
    await rig.clock.advance(540_000);
    await rig.settled();

    expect(mourner.deliveries.map(textOf)).toEqual(["1"]);
  });
});
