import { expect, it } from "vitest";
import type { AmqpRig } from "./amqp-rig.ts";

/** RabbitMQ takes its time to start. */
const LIMIT = { timeout: 60_000 };

/** What is there when clients come back after SIGKILL. */
export function describeRestart(rig: AmqpRig): void {
  it("has every confirmed persistent message, its queues, exchanges and bindings", LIMIT, async () => {
    const client = await rig.client({ confirms: true });
    const [exchange, queue] = [rig.name(), rig.name()];
    await client.declareExchange(exchange, "topic", { durable: true });
    await client.declareQueue(queue, { durable: true });
    await client.bind(queue, exchange, "order.#");
    for (const n of [1, 2, 3]) await client.publish(exchange, "order.new", `order ${n}`, { deliveryMode: 2 });
    const held = await rig.client();
    await held.prefetch(1);
    await held.consume(queue);
    await held.waitForMessages(1);

    await rig.server().kill();
    await client.waitForDisconnection();
    await held.waitForDisconnection();
    await rig.server().restart();
    await client.open();
    await client.publish(exchange, "order.late", "order 4", { deliveryMode: 2 });
    await client.consume(queue, { noAck: true });
    await client.waitForMessages(4);

    expect(client.bodies()).toEqual(["order 1", "order 2", "order 3", "order 4"]);
    await client.deleteQueue(queue);
  });

  it("has what it confirmed until the moment it was killed", LIMIT, async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name(), { durable: true });
    const confirmed: string[] = [];
    const sending = Array.from({ length: 3000 }, (_, n) =>
      client.send(queue, String(n), { deliveryMode: 2 }).then(
        (outcome) => outcome === "confirmed" && confirmed.push(String(n)),
        () => false, // it may be there or not
      ),
    );
    await Promise.all(sending.slice(0, 200));

    await rig.server().kill();
    await client.waitForDisconnection();
    await rig.server().restart();
    const expected = [...confirmed];
    const consumer = await rig.client();
    await consumer.consume(queue, { noAck: true });
    const hasAll = (): boolean => {
      const bodies = new Set(consumer.bodies());
      return expected.every((body) => bodies.has(body));
    };
    await consumer.waitUntil(hasAll, `${expected.length} confirmed messages`);

    expect(consumer.bodies()).toEqual([...consumer.bodies()].sort((a, b) => Number(a) - Number(b)));
    await consumer.deleteQueue(queue);
  });
}
