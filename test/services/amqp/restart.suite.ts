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
}
