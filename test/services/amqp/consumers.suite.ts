import { expect, it } from "vitest";
import type { AmqpClient } from "./amqp-client.ts";
import type { AmqpRig } from "./amqp-rig.ts";

/** Sharing, prefetch, giving back and the end of consumers. */
export function describeConsumers(rig: AmqpRig): void {
  it("workers share a queue: the busy one waits, the free one goes on", async () => {
    const publisher = await rig.client({ confirms: true });
    const queue = await publisher.declareQueue(rig.name());
    const [busy, free] = [await aWorker(queue), await aWorker(queue)];

    for (let n = 0; n < 10; n++) await publisher.send(queue, `job ${n}`);
    const kept = (await busy.waitForMessages(1))[0]!;
    for (let n = 0; n < 9; n++) await free.ack((await free.waitForMessages(n + 1))[n]!);
    await busy.ack(kept);
    for (const worker of [busy, free]) await worker.countOf(queue); // a library may send its close before its acks

    expect(busy.received).toHaveLength(1);
    expect(new Set([...busy.bodies(), ...free.bodies()]).size).toBe(10);
    await busy.close();
    await free.close();
    expect(await publisher.countOf(queue)).toEqual({ messages: 0, consumers: 0 });
    await publisher.deleteQueue(queue);
  });

  it("hands out no more than the prefetch count allows", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name(), { exclusive: true });
    for (const body of ["1", "2", "3", "4"]) await client.send(queue, body);
    await client.prefetch(2);

    await client.consume(queue);
    const [, second] = await client.waitForMessages(2);
    expect((await client.countOf(queue)).messages).toBe(2);
    await client.ack(second!, true);
    await client.waitForMessages(4);

    expect(client.bodies()).toEqual(["1", "2", "3", "4"]);
  });

  it("delivers again, and says so, what was given back", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name(), { exclusive: true });
    await client.prefetch(1);
    await client.consume(queue);
    await client.send(queue, "first");
    await client.send(queue, "second");

    await client.nack((await client.waitForMessages(1))[0]!, true);
    await client.ack((await client.waitForMessages(2))[1]!);
    await client.waitForMessages(3);

    expect(client.received.map(({ body, redelivered }) => [body, redelivered])).toEqual([
      ["first", false],
      ["first", true],
      ["second", false],
    ]);
  });

  it("delivers to another what a connection held at its end", async () => {
    const publisher = await rig.client({ confirms: true });
    const queue = await publisher.declareQueue(rig.name());
    const first = await aWorker(queue);
    await publisher.send(queue, "not lost");
    await first.waitForMessages(1);

    await first.close();
    const second = await aWorker(queue);
    const [message] = await second.waitForMessages(1);

    expect(message).toMatchObject({ body: "not lost", redelivered: true });
    await publisher.deleteQueue(queue);
  });

  it("delivers nothing after a consumer was cancelled", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name(), { exclusive: true });
    await client.consume(queue, { tag: "short-lived" });
    await client.send(queue, "seen");
    await client.waitForMessages(1);

    await client.cancel("short-lived");
    await client.send(queue, "kept");

    expect(await client.get(queue)).toMatchObject({ body: "kept" });
    expect(client.bodies()).toEqual(["seen"]);
  });

  it("tells a consumer that its queue was deleted", async () => {
    const client = await rig.client();
    const other = await rig.client();
    const queue = await other.declareQueue(rig.name());
    await client.consume(queue, { tag: "told" });

    await other.deleteQueue(queue);
    await client.waitUntil(() => client.cancelled.length > 0, "cancellation");

    expect(client.cancelled).toEqual(["told"]);
  });

  it("serves consumers of a higher priority first", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name());
    const low = await rig.client();
    const high = await rig.client();
    await low.consume(queue, { noAck: true, arguments: { "x-priority": 1 } });
    await high.consume(queue, { noAck: true, arguments: { "x-priority": 5 } });

    for (const body of ["1", "2", "3"]) await client.send(queue, body);
    await high.waitForMessages(3);

    expect(low.received).toEqual([]);
    await client.deleteQueue(queue);
  });

  async function aWorker(queue: string): Promise<AmqpClient> {
    const worker = await rig.client();
    await worker.prefetch(1);
    await worker.consume(queue);
    return worker;
  }
}
