import { describe, expect, it } from "vitest";

import type { QueueDelivery } from "../../src/queues/hosted-queue.ts";
import type { WorkQueue } from "../../src/queues/work-queue.ts";
import type { Queue } from "../../src/state/queue.ts";
import { QueueRig } from "./support/queue-rig.ts";
import { textOf } from "./support/test-consumer.ts";

function getFrom(
  queue: WorkQueue<Queue>,
  noAck = true,
): Promise<{ delivery?: QueueDelivery; remaining: number }> {
  return new Promise((resolve) => {
    queue.get(noAck, (delivery, remaining) => resolve(delivery ? { delivery, remaining } : { remaining }));
  });
}

async function holding(
  texts: readonly string[],
  over: Parameters<QueueRig["declare"]>[1] = {},
): Promise<{ rig: QueueRig; queue: WorkQueue<Queue> }> {
  const rig = new QueueRig();
  const queue = rig.declare("orders", over);
  for (const text of texts) rig.publish(queue, text);
  await rig.settled();
  return { rig, queue };
}

describe.each([
  ["a durable queue", true],
  ["a queue in memory", false],
])("%s", (_name, durable) => {
  it("hands out what waited before the consumer came, in order", async () => {
    const { rig, queue } = await holding(["1", "2", "3"], { durable });

    const consumer = rig.consumer(queue);
    await rig.settled();

    expect(consumer.texts).toEqual(["1", "2", "3"]);
    expect(consumer.redelivered).toEqual([]);
    expect([queue.messageCount, queue.unacknowledged]).toEqual([0, 3]);
  });

  it("hands out what comes while a consumer is there", async () => {
    const { rig, queue } = await holding([], { durable });
    const consumer = rig.consumer(queue);

    rig.publish(queue, "1");
    rig.publish(queue, "2");
    await rig.settled();
    consumer.acknowledge("1");
    consumer.acknowledge("2");
    await rig.settled();

    expect(consumer.texts).toEqual(["1", "2"]);
    expect([queue.messageCount, queue.unacknowledged, queue.published]).toEqual([0, 0, 2]);
    expect(rig.entriesOnDisk).toBe(0);
    expect(rig.memory.usedBytes).toBe(0);
  });

  it("gives a returned message its place back, and marks it as redelivered", async () => {
    const { rig, queue } = await holding(["1", "2", "3", "4"], { durable });
    const first = rig.consumer(queue, { prefetch: 3 });
    await rig.settled();
    first.cancel();

    first.requeue("3");
    first.requeue("1");
    const second = rig.consumer(queue);
    await rig.settled();

    expect(second.texts).toEqual(["1", "3", "4"]);
    expect(second.redelivered).toEqual(["1", "3"]);
  });

  it("leaves what a cancelled consumer holds with it", async () => {
    const { rig, queue } = await holding(["1"], { durable });
    const first = rig.consumer(queue);
    await rig.settled();

    first.cancel();
    const second = rig.consumer(queue);
    await rig.settled();
    first.acknowledge("1");

    expect(second.texts).toEqual([]);
    expect(queue.counters.acknowledged).toBe(1);
  });

  it("settles at once what a consumer without acknowledgements gets", async () => {
    const { rig, queue } = await holding(["1", "2"], { durable });

    const consumer = rig.consumer(queue, { noAck: true });
    await rig.settled();

    expect(consumer.texts).toEqual(["1", "2"]);
    expect([queue.messageCount, queue.unacknowledged, rig.entriesOnDisk]).toEqual([0, 0, 0]);
  });

  it("answers a second answer to the same delivery with nothing", async () => {
    const { rig, queue } = await holding(["1"], { durable });
    const consumer = rig.consumer(queue);
    await rig.settled();
    const [delivery] = consumer.deliveries;

    delivery?.acknowledge();
    delivery?.requeue();
    delivery?.reject();
    await rig.settled();

    expect(consumer.texts).toEqual(["1"]);
    expect([queue.messageCount, queue.unacknowledged]).toEqual([0, 0]);
  });

  it("answers basic.get with the first message and how many are behind it, and with nothing when empty", async () => {
    const { queue } = await holding(["1", "2"], { durable });

    const first = await getFrom(queue, false);
    const second = await getFrom(queue);
    const third = await getFrom(queue);
    first.delivery?.requeue();
    const again = await getFrom(queue);

    expect(first.delivery && textOf(first.delivery)).toBe("1");
    expect(first.remaining).toBe(1);
    expect(second.delivery && textOf(second.delivery)).toBe("2");
    expect(third).toEqual({ remaining: 0 });
    expect(again.delivery && textOf(again.delivery)).toBe("1");
    expect(again.delivery?.redelivered).toBe(true);
  });

  it("serves higher priorities first, and clamps what is above the highest", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { durable, maximumPriority: 5 });
    rig.publish(queue, "low");
    rig.publish(queue, "high", { priority: 4 });
    rig.publish(queue, "clamped", { priority: 200 });
    rig.publish(queue, "high too", { priority: 4 });
    await rig.settled();

    const consumer = rig.consumer(queue);
    await rig.settled();

    expect(consumer.texts).toEqual(["clamped", "high", "high too", "low"]);
  });

  it("purges what is ready, keeps what is in hands and what comes after", async () => {
    const { rig, queue } = await holding(["1", "2", "3"], { durable });
    const consumer = rig.consumer(queue, { prefetch: 1 });
    await rig.settled();

    const purged = queue.purge(() => {});
    rig.publish(queue, "4");
    expect(queue.messageCount).toBe(1);
    await rig.settled();
    consumer.requeue("1");
    await rig.settled();
    consumer.acknowledge("1");
    await rig.settled();

    expect(purged).toBe(2);
    expect(consumer.texts).toEqual(["1", "1", "4"]);
  });

  it("purges all of a queue of which nothing is in hands", async () => {
    const { rig, queue } = await holding(["1", "2", "3"], { durable });

    expect(queue.purge(() => {})).toBe(3);
    expect(queue.messageCount).toBe(0);
    rig.publish(queue, "4");
    await rig.settled();

    expect(queue.messageCount).toBe(1);
    expect(queue.published).toBe(4);
    const consumer = rig.consumer(queue);
    await rig.settled();
    expect(consumer.texts).toEqual(["4"]);
  });

  it("is gone with its messages when it is deleted, and its consumers are told", async () => {
    const { rig, queue } = await holding(["1", "2"], { durable });
    const consumer = rig.consumer(queue, { prefetch: 1 });
    await rig.settled();

    queue.delete();
    consumer.held.get("1")?.requeue();
    await rig.settled();

    expect(consumer.isCancelled).toBe(true);
    expect(consumer.texts).toEqual(["1"]);
    expect([rig.entriesOnDisk, rig.disk.queues.size, rig.memory.usedBytes]).toEqual([0, 0, 0]);
    expect(await getFrom(queue)).toEqual({ remaining: 0 });
  });

  it("drops the oldest ready messages above x-max-length", async () => {
    const { rig, queue } = await holding([], { durable, maximumLength: 2 });

    for (const text of ["1", "2", "3", "4"]) rig.publish(queue, text);
    await rig.settled();

    expect(queue.messageCount).toBe(2);
    expect(queue.counters.dropped.get("maxlen")).toBe(2);
    expect(rig.counters.dropped.get("queue_full")).toBe(2);
    const consumer = rig.consumer(queue);
    await rig.settled();
    expect(consumer.texts).toEqual(["3", "4"]);
  });

  it("counts payload bytes of ready messages against x-max-length-bytes", async () => {
    const { rig, queue } = await holding([], { durable, maximumBytes: 10 });

    for (const text of ["12345", "67890"]) rig.publish(queue, text);
    await rig.settled();
    expect([queue.messageCount, queue.messageBytes]).toEqual([2, 10]);
    rig.publish(queue, "x");
    await rig.settled();

    expect([queue.messageCount, queue.messageBytes]).toEqual([2, 6]);
  });

  it("does not count what is in hands against x-max-length", async () => {
    const { rig, queue } = await holding([], { durable, maximumLength: 1 });
    const consumer = rig.consumer(queue, { prefetch: 2 });

    for (const text of ["1", "2", "3"]) rig.publish(queue, text);
    await rig.settled();
    expect([queue.messageCount, queue.unacknowledged]).toEqual([1, 2]);
    consumer.cancel();
    consumer.requeue("2");
    await rig.settled();

    expect(queue.messageCount).toBe(1);
    const other = rig.consumer(queue);
    await rig.settled();
    expect(other.texts).toEqual(["3"]);
  });

  it("refuses publications above x-max-length with reject-publish, but not what consumers take at once", async () => {
    const { rig, queue } = await holding([], { durable, maximumLength: 1, overflow: "reject-publish" });
    const offer = (text: string): boolean => {
      if (queue.rejects(text.length)) return false;
      rig.publish(queue, text);
      return true;
    };

    expect(["1", "2"].map(offer)).toEqual([true, false]);
    const consumer = rig.consumer(queue, { prefetch: 3 });
    await rig.settled();
    expect(["3", "4", "5", "6"].map(offer)).toEqual([true, true, true, false]);
    await rig.settled();

    expect(consumer.texts).toEqual(["1", "3", "4"]);
  });
});

describe("a queue", () => {
  it("writes nothing of what is published and consumed within one turn", async () => {
    const { rig, queue } = await holding([]);
    rig.consumer(queue, { noAck: true });
    await rig.settled();
    const before = rig.operationsWritten;

    for (let i = 0; i < 100; i++) rig.publish(queue, String(i));
    await rig.settled();

    expect(queue.counters.acknowledged).toBe(100);
    expect(rig.operationsWritten - before).toBe(1); // the queue's own record
  });

  it("hands out a backlog that is larger than what fits in memory", async () => {
    const texts = Array.from({ length: 6000 }, (_, i) => String(i));
    const { rig, queue } = await holding(texts);

    const consumer = rig.consumer(queue, { noAck: true });
    for (let i = 0; i < 20; i++) await rig.settled();

    expect(consumer.texts).toEqual(texts);
  });

  it("hands out no more than 100000 unsettled messages, and goes on when some are settled", async () => {
    const { rig, queue } = await holding([]);
    const consumer = rig.consumer(queue);
    for (let i = 0; i < 105_000; i++) {
      rig.publish(queue, String(i));
      if (i % 500 === 499) await rig.settled();
    }
    await rig.settled();
    const held = consumer.deliveries.length;
    expect(held).toBeGreaterThanOrEqual(100_000);
    expect(held).toBeLessThan(105_000);
    expect(await getFrom(queue)).toEqual({ remaining: queue.messageCount });

    for (let i = 0; i < 10_000; i++) consumer.acknowledge(String(i));
    for (let i = 0; i < 10; i++) await rig.settled();

    expect(consumer.deliveries.length).toBe(105_000);
  });

  it("removes a long backlog in slices while something of it is in hands", async () => {
    const texts = Array.from({ length: 5000 }, (_, i) => String(i));
    const { rig, queue } = await holding(texts);
    const consumer = rig.consumer(queue, { prefetch: 1 });
    await rig.settled();

    let doneCount = 0;
    expect(queue.purge(() => doneCount++)).toBe(4999);
    rig.publish(queue, "later");
    expect(queue.messageCount).toBe(1);
    expect(doneCount).toBe(0);
    for (let i = 0; i < 10; i++) await rig.settled();
    expect(doneCount).toBe(1);
    consumer.acknowledge("0");
    await rig.settled();

    expect(consumer.texts).toEqual(["0", "later"]);
    expect(doneCount).toBe(1);
    expect([queue.messageCount, rig.entriesOnDisk]).toEqual([0, 1]);
  });

  it("has finished its purges when it is deleted before", async () => {
    const texts = Array.from({ length: 5000 }, (_, i) => String(i));
    const { rig, queue } = await holding(texts);
    rig.consumer(queue, { prefetch: 1 });
    await rig.settled();
    let doneCount = 0;
    queue.purge(() => doneCount++);
    queue.purge(() => doneCount++);
    expect(doneCount).toBe(0);

    queue.delete();

    expect(doneCount).toBe(2);
  });

  it("goes on in later turns with what is too much for one", async () => {
    const texts = Array.from({ length: 3000 }, (_, i) => String(i));
    const { rig, queue } = await holding(texts, { durable: false });

    const consumer = rig.consumer(queue);
    await rig.settled();

    expect(consumer.texts).toEqual(texts);
  });

  it("lets no lower priority overtake a higher one that is still being read", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { maximumPriority: 2 });
    rig.publish(queue, "low", { priority: 0 });
    rig.publish(queue, "high", { priority: 2 });
    await rig.settled();
    rig.store.hold();
    rig.publish(queue, "high too", { priority: 2 });

    const consumer = rig.consumer(queue);
    await rig.settled();
    expect(consumer.texts).toEqual([]);
    rig.store.release();
    await rig.settled();

    expect(consumer.texts).toEqual(["high", "high too", "low"]);
  });

  it("gives up what it has in memory after the last message that was in hands, too", async () => {
    const { rig, queue } = await holding(["1", "2"]);
    const consumer = rig.consumer(queue, { prefetch: 1 });
    await rig.settled();
    consumer.cancel();
    await rig.clock.advance(60_000);
    expect(rig.machine.queue("queue///orders/0")?.isConsumed).toBe(true);

    consumer.acknowledge("1");
    await rig.clock.advance(60_000);

    expect(rig.machine.queue("queue///orders/0")?.isConsumed).toBe(false);
  });

  it("is deleted by its own consumer in the middle of a delivery without harm", async () => {
    const { rig, queue } = await holding(["1", "2"], { autoDelete: true, messageTtlMs: 1000 });
    const consumer = rig.consumer(queue);
    consumer.deliver = (delivery) => {
      consumer.deliveries.push(delivery);
      consumer.cancel();
    };

    await rig.settled();
    await rig.clock.advance(5000);

    expect(consumer.texts).toEqual(["1"]);
    expect(rig.queues.size).toBe(0);
  });

  it("gives up what it has in memory when nobody uses it, and reads it again", async () => {
    const { rig, queue } = await holding(["1", "2"]);
    const first = await getFrom(queue, false);
    first.delivery?.requeue();
    await rig.settled();

    await rig.clock.advance(60_000);
    expect(rig.machine.queue("queue///orders/0")?.isConsumed).toBe(false);
    const consumer = rig.consumer(queue);
    await rig.settled();

    expect(consumer.texts).toEqual(["1", "2"]);
    expect(consumer.redelivered).toEqual(["1"]);
    expect(consumer.deliveries[0]?.addedHeaders).toEqual([
      { name: "x-delivery-count", field: { type: "l", value: 1n } },
    ]);
  });

  it("comes back after an orderly stop: what was handed out is redelivered, the rest is not", async () => {
    const { rig, queue } = await holding(["1", "2", "3"]);
    const consumer = rig.consumer(queue, { prefetch: 2 });
    await rig.settled();
    consumer.acknowledge("1");
    consumer.prefetch = 1;

    const after = await rig.restarted("stopped");
    const again = after.consumer(after.queues.get("orders") as WorkQueue<Queue>);
    await after.settled();

    expect(again.texts).toEqual(["2", "3"]);
    expect(again.redelivered).toEqual(["2"]);
  });

  it("marks all that waited when the process was killed as redelivered, but nothing that came later", async () => {
    const { rig, queue } = await holding(["1", "2"]);
    rig.consumer(queue, { prefetch: 1 });
    await rig.settled();

    const after = await rig.restarted("killed");
    const queueAfter = after.queues.get("orders") as WorkQueue<Queue>;
    after.publish(queueAfter, "3");
    const again = after.consumer(queueAfter);
    await after.settled();

    expect(again.texts).toEqual(["1", "2", "3"]);
    expect(again.redelivered).toEqual(["1", "2"]);
  });

  it("finds the messages of all its priorities again", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { maximumPriority: 9 });
    rig.publish(queue, "low", { priority: 1 });
    rig.publish(queue, "high", { priority: 8 });
    await rig.settled();

    const after = await rig.restarted("stopped");
    const queueAfter = after.queues.get("orders") as WorkQueue<Queue>;
    expect(queueAfter.messageCount).toBe(2);
    const consumer = after.consumer(queueAfter);
    await after.settled();

    expect(consumer.texts).toEqual(["high", "low"]);
    expect(consumer.redelivered).toEqual([]);
  });

  it("keeps how often a message was given back, over a kill too", async () => {
    const { rig, queue } = await holding(["1"]);
    const consumer = rig.consumer(queue, { prefetch: 1 });
    await rig.settled();
    consumer.goAway();
    await rig.settled();

    const after = await rig.restarted("killed");
    const again = after.consumer(after.queues.get("orders") as WorkQueue<Queue>);
    await after.settled();

    expect(again.deliveries[0]?.addedHeaders?.[0]?.field.value).toBe(1n);
  });

  it("drops messages for a queue in memory when all of these hold too much, and counts them", async () => {
    const rig = new QueueRig(undefined, 200);
    const queue = rig.declare("orders", { durable: false });

    for (const text of ["1", "2", "3", "4"]) rig.publish(queue, text);
    await rig.settled();

    expect(queue.messageCount).toBe(3);
    expect(queue.counters.dropped.get("memory")).toBe(1);
    expect(queue.rejects(1)).toBe(true);
    queue.purge(() => {});
    await rig.settled();
    expect(rig.memory.usedBytes).toBe(0);
    expect(queue.rejects(1)).toBe(false);
  });

  it("copies what is routed to a queue in memory, because the payload may be a view", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { durable: false });
    const message = rig.message("view");

    queue.receiver.deliver(message, { qos: 0, retain: false, subscriptionIdentifiers: [] });
    message.payload.fill(0);

    const { delivery } = await getFrom(queue);
    expect(delivery && textOf(delivery)).toBe("view");
  });

  it("goes when its last consumer goes, when it is auto-delete", async () => {
    const { rig, queue } = await holding(["1"], { autoDelete: true });
    const [first, second] = [rig.consumer(queue), rig.consumer(queue)];

    first.cancel();
    expect(rig.queues.has("orders")).toBe(true);
    second.cancel();

    expect(rig.queues.has("orders")).toBe(false);
  });

  it("goes when it was not used for x-expires: no consumer, no basic.get, not declared again", async () => {
    const { rig, queue } = await holding([], { expiresMs: 1000 });

    await rig.clock.advance(900);
    queue.touch();
    await rig.clock.advance(900);
    await getFrom(queue);
    await rig.clock.advance(900);
    const consumer = rig.consumer(queue);
    await rig.clock.advance(5000);
    consumer.cancel();
    await rig.clock.advance(999);
    expect(rig.queues.has("orders")).toBe(true);
    await rig.clock.advance(1);

    expect(rig.queues.has("orders")).toBe(false);
  });
});
