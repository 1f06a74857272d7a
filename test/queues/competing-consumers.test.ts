import { describe, expect, it } from "vitest";

import type { FieldTable } from "../../src/base/field-table.ts";
import { QueueRig } from "./support/queue-rig.ts";

function priority(value: number): { readonly arguments: FieldTable } {
  return { arguments: [{ name: "x-priority", field: { type: "I", value } }] };
}

describe("competing consumers", () => {
  it("take turns", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const consumers = [rig.consumer(queue), rig.consumer(queue), rig.consumer(queue)];

    for (let i = 0; i < 9; i++) rig.publish(queue, String(i));
    await rig.settled();

    expect(consumers.map(({ texts }) => texts)).toEqual([
      ["0", "3", "6"],
      ["1", "4", "7"],
      ["2", "5", "8"],
    ]);
  });

  it("are fair with one message at a time: who has just acknowledged comes after who waited", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const consumers = [rig.consumer(queue, { prefetch: 1 }), rig.consumer(queue, { prefetch: 1 })];
    for (let i = 0; i < 10; i++) rig.publish(queue, String(i));
    await rig.settled();

    for (let i = 0; i < 8; i++) {
      consumers[i % 2]?.acknowledge(String(i));
      await rig.settled();
    }

    expect(consumers.map(({ texts }) => texts.length)).toEqual([5, 5]);
  });

  it("with a higher priority are served first while they can take", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const low = rig.consumer(queue);
    const high = rig.consumer(queue, { prefetch: 2, ...priority(10) });

    for (let i = 0; i < 4; i++) rig.publish(queue, String(i));
    await rig.settled();
    high.acknowledge("0");
    rig.publish(queue, "4");
    await rig.settled();

    expect(high.texts).toEqual(["0", "1", "4"]);
    expect(low.texts).toEqual(["2", "3"]);
  });

  it("are refused when x-priority is no whole number", () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const table: FieldTable = [{ name: "x-priority", field: { type: "S", value: Buffer.from("high") } }];

    expect(() => rig.consumer(queue, { arguments: table })).toThrowError(
      `invalid arg 'x-priority' for queue 'orders' in vhost '/': "expected integer, got longstr"`,
    );
    expect(queue.consumerCount).toBe(0);
  });

  it("may come and go while messages are handed out", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const [first, second] = [rig.consumer(queue, { prefetch: 1 }), rig.consumer(queue)];
    second.deliver = (delivery) => {
      second.deliveries.push(delivery);
      second.cancel();
      delivery.requeue();
      rig.consumer(queue);
    };

    for (let i = 0; i < 3; i++) rig.publish(queue, String(i));
    await rig.settled();

    expect(first.texts).toEqual(["0"]);
    expect(second.texts).toEqual(["1"]);
    expect([queue.messageCount, queue.unacknowledged, queue.consumerCount]).toEqual([0, 3, 2]);
  });

  it("that give back at once do not keep the event loop from its other work", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const consumer = rig.consumer(queue);
    consumer.deliver = (delivery) => {
      consumer.deliveries.push(delivery);
      delivery.requeue();
    };

    rig.publish(queue, "1");
    await rig.settled();

    expect(consumer.deliveries.length).toBeGreaterThan(1);
    consumer.cancel();
    await rig.settled();
    expect([queue.messageCount, queue.unacknowledged]).toEqual([1, 0]);
  });

  it("that throw messages from queue to queue do not either", async () => {
    const rig = new QueueRig();
    const there = rig.declare("there", { deadLetterExchange: "", deadLetterRoutingKey: "back" });
    const back = rig.declare("back", { deadLetterExchange: "", deadLetterRoutingKey: "there" });
    const consumers = [rig.consumer(there), rig.consumer(back)];
    for (const consumer of consumers) {
      consumer.deliver = (delivery) => {
        consumer.deliveries.push(delivery);
        delivery.reject();
      };
    }

    rig.publish(there, "1");
    await rig.settled();

    expect(consumers.map(({ deliveries }) => deliveries.length > 1)).toEqual([true, true]);
    for (const consumer of consumers) consumer.cancel();
    await rig.settled();
    expect(there.messageCount + back.messageCount).toBe(1);
  });

  it("that could not take are asked again when they say they are ready", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const consumer = rig.consumer(queue, { prefetch: 0 });
    rig.publish(queue, "1");
    await rig.settled();
    expect(consumer.texts).toEqual([]);

    consumer.prefetch = 1;
    consumer.ready();
    await rig.settled();

    expect(consumer.texts).toEqual(["1"]);
  });
});

describe("an exclusive consumer", () => {
  it("is refused beside another, and refuses others", () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders");
    const first = rig.consumer(queue);

    expect(() => rig.consumer(queue, { exclusive: true })).toThrowError("in exclusive use");
    first.cancel();
    const exclusive = rig.consumer(queue, { exclusive: true });
    expect(() => rig.consumer(queue)).toThrowError("queue 'orders' in vhost '/' in exclusive use");
    exclusive.cancel();
    expect(() => rig.consumer(queue)).not.toThrow();
  });

  it("is refused on a queue with a single active consumer", () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { singleActiveConsumer: true });

    expect(() => rig.consumer(queue, { exclusive: true })).toThrowError("in exclusive use");
  });
});

describe("a single active consumer", () => {
  it("gets all, and the next in line only when it is gone", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { singleActiveConsumer: true });
    const [first, second, third] = [
      rig.consumer(queue, { prefetch: 1 }),
      rig.consumer(queue),
      rig.consumer(queue),
    ];
    for (let i = 0; i < 3; i++) rig.publish(queue, String(i));
    await rig.settled();
    expect([first.texts, second.texts]).toEqual([["0"], []]);

    second.ready();
    await rig.settled();
    expect(second.texts).toEqual([]);
    first.goAway();
    await rig.settled();

    expect(second.texts).toEqual(["0", "1", "2"]);
    expect(third.texts).toEqual([]);
  });

  it("is followed by the one with the highest priority", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { singleActiveConsumer: true });
    const [first, second, third] = [
      rig.consumer(queue),
      rig.consumer(queue),
      rig.consumer(queue, priority(5)),
    ];

    first.cancel();
    rig.publish(queue, "1");
    await rig.settled();

    expect([second.texts, third.texts]).toEqual([[], ["1"]]);
  });
});

describe("a consumer that holds a message too long", () => {
  it("is told once, and not before", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { consumerTimeoutMs: 1000 });
    const [slow, quick] = [rig.consumer(queue), rig.consumer(queue)];
    for (let i = 0; i < 4; i++) rig.publish(queue, String(i));
    await rig.settled();
    quick.acknowledge("1");
    quick.acknowledge("3");

    await rig.clock.advance(999);
    expect(slow.timesTimedOut).toBe(0);
    await rig.clock.advance(1);
    await rig.clock.advance(5000);

    expect([slow.timesTimedOut, quick.timesTimedOut]).toEqual([1, 0]);
  });

  it("gets nothing more", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { consumerTimeoutMs: 1000 });
    const consumer = rig.consumer(queue);
    rig.publish(queue, "1");
    await rig.settled();
    await rig.clock.advance(1000);

    rig.publish(queue, "2");
    await rig.settled();

    expect(consumer.texts).toEqual(["1"]);
    expect(queue.messageCount).toBe(1);
  });

  it("is told of a message that came later, when it settled the first in time", async () => {
    const rig = new QueueRig();
    const queue = rig.declare("orders", { consumerTimeoutMs: 1000 });
    const consumer = rig.consumer(queue);
    rig.publish(queue, "1");
    await rig.settled();
    await rig.clock.advance(600);
    rig.publish(queue, "2");
    await rig.settled();
    consumer.acknowledge("1");

    await rig.clock.advance(999);
    expect(consumer.timesTimedOut).toBe(0);
    await rig.clock.advance(1);

    expect(consumer.timesTimedOut).toBe(1);
  });
});
