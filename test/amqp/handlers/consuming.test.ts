import { describe, expect, it } from "vitest";
import { toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import { fromPlain, toPlain } from "../../../src/amqp/codec/table-values.ts";
import type { Journal } from "../../../src/amqp/ports.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import type { AmqpTestClient } from "../../support/amqp-client.ts";

const CANCEL = { kind: "basic.cancel", consumerTag: "c", noWait: false } as const;

const neverCommitting = (real: Journal): Journal => ({
  get isBehind() {
    return real.isBehind;
  },
  whenCaughtUp: (task) => real.whenCaughtUp(task),
  whenCommitted() {},
});

async function filled(broker: AmqpBroker, queue: string, count: number): Promise<AmqpTestClient> {
  const client = await broker.connect();
  await client.declare(queue);
  for (let i = 1; i <= count; i++) client.publish(1, queue, String(i));
  await broker.settle();
  return client;
}

function qos(client: AmqpTestClient, prefetchCount: number, global = false, channel = 1): Promise<unknown> {
  return client.call(channel, { kind: "basic.qos", prefetchSize: 0, prefetchCount, global });
}

function ack(client: AmqpTestClient, deliveryTag: number, multiple = false): Promise<unknown> {
  return client.ask(1, { kind: "basic.ack", deliveryTag, multiple });
}

describe("Consuming over AMQP", () => {
  it("answers a consume before the first delivery, and delivers nothing after cancel-ok", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 1);
    const arrivals = await client.consume("q", { noAck: true });
    await client.call(1, CANCEL);
    client.publish(1, "q", "later");
    await broker.settle();

    expect(arrivals.map(({ method }) => method.kind)).toEqual(["basic.consume-ok", "basic.deliver"]);
    expect(client.bodies).toEqual(["1"]);
  });

  it("makes up a consumer tag, and refuses to use one twice with 530", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 0);
    const [made] = await client.consume("q", { consumerTag: "" });
    await client.consume("q", { consumerTag: "mine" });
    await client.consume("q", { consumerTag: "mine" });

    expect(made?.method).toMatchObject({ consumerTag: expect.stringMatching(/^amq\.ctag-/) });
    expect(client.last("connection.close")).toMatchObject({
      replyCode: 530,
      replyText: "NOT_ALLOWED - attempt to reuse consumer tag 'mine'",
      classId: 60,
      methodId: 20,
    });
  });

  it("delivers no more than the prefetch count allows until something is settled", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 5);
    await qos(client, 2);
    await client.consume("q");
    const first = client.bodies;
    await ack(client, 1);
    const second = client.bodies;
    await ack(client, 3, true);

    expect(first).toEqual(["1", "2"]);
    expect(second).toEqual(["1", "2", "3"]);
    expect(client.bodies).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("counts a global prefetch over all consumers of the channel", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 3);
    await client.declare("r");
    for (let i = 1; i <= 3; i++) client.publish(1, "r", `r${i}`);
    await qos(client, 3, true);
    await client.consume("q", { consumerTag: "a" });
    await client.consume("r", { consumerTag: "b" });
    const before = client.bodies;
    await ack(client, 3, true);

    expect(before).toEqual(["1", "2", "3"]);
    expect(client.bodies).toEqual(["1", "2", "3", "r1", "r2", "r3"]);
  });

  it.each([
    { product: "Causeway", expected: ["1", "2", "3"] },
    { product: "RabbitMQ", expected: ["1"] },
  ])(
    "as $product lets a new prefetch count reach $expected.length deliveries of a consumer that is there",
    async ({ product, expected }) => {
      const broker = await AmqpBroker.open({ options: { product } });
      const client = await filled(broker, "q", 5);
      await qos(client, 1);
      await client.consume("q");
      await qos(client, 3);
      await broker.settle();

      expect(client.bodies).toEqual(expected);
    },
  );

  it("refuses a prefetch size with 540", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.ask(1, { kind: "basic.qos", prefetchSize: 1, prefetchCount: 0, global: false });

    expect(client.last("connection.close")).toMatchObject({ replyCode: 540, classId: 60, methodId: 10 });
  });

  it("tells a consumer that its queue is gone, when it wants to be told", async () => {
    const broker = await AmqpBroker.open();
    const told = await filled(broker, "q", 0);
    const untold = await broker.connect({ capabilities: [] });
    await told.consume("q", { consumerTag: "told" });
    await untold.consume("q", { consumerTag: "untold" });
    const conditions = { ifUnused: false, ifEmpty: false, noWait: false };
    await (await broker.connect()).call(1, { kind: "queue.delete", queue: "q", ...conditions });
    await broker.settle();

    expect(told.last("basic.cancel")).toMatchObject({ consumerTag: "told" });
    expect(untold.of("basic.cancel")).toEqual([]);
  });

  it("refuses a second consumer beside an exclusive one with 403", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 0);
    const other = await broker.connect();
    await client.consume("q", { exclusive: true });
    await other.consume("q");

    expect(other.last("channel.close")).toMatchObject({ replyCode: 403, classId: 60, methodId: 20 });
    expect(other.last("channel.close").replyText).toContain("exclusive");
  });

  it("gives back what basic.get took when the channel ends before the answer may leave", async () => {
    const broker = await AmqpBroker.open({ journal: neverCommitting });
    const client = await broker.connect();
    await client.declare("q", { durable: false });
    client.publish(1, "q", "kept");
    await broker.settle();
    client.send(1, { kind: "tx.select" });
    client.send(1, { kind: "tx.commit" }); // its answer waits for ever
    const got = await client.ask(1, { kind: "basic.get", queue: "q", noAck: false });
    await client.ask(1, { kind: "channel.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 });
    await client.openChannel(2);
    const again = await client.call(2, { kind: "basic.get", queue: "q", noAck: false });

    expect(got.map(({ method }) => method.kind)).toEqual(["tx.select-ok"]);
    expect(again.kind).toBe("basic.get-ok");
  });

  it("gets one message at a time, with what is left, and says when there is none", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 2);
    const get = { kind: "basic.get", queue: "q", noAck: true } as const;

    expect(await client.call(1, get)).toMatchObject({
      kind: "basic.get-ok",
      messageCount: 1,
      redelivered: false,
    });
    expect(await client.call(1, get)).toMatchObject({ kind: "basic.get-ok", messageCount: 0 });
    expect(await client.call(1, get)).toEqual({ kind: "basic.get-empty" });
  });

  it("shares a queue among consumers with a prefetch count of 1", async () => {
    const broker = await AmqpBroker.open();
    const one = await filled(broker, "q", 4);
    const other = await broker.connect();
    for (const client of [one, other]) {
      await qos(client, 1);
      await client.consume("q");
    }
    for (const [client, tag] of [
      [one, 1],
      [other, 1],
    ] as const)
      await ack(client, tag);

    expect([one.bodies.length, other.bodies.length]).toEqual([2, 2]);
  });

  it("rejects what does not fit into the consumer's frames", async () => {
    const broker = await AmqpBroker.open();
    const publisher = await broker.connect();
    const consumer = await broker.connect({ frameMax: 4096 });
    await publisher.declare("q");
    const headers = [{ name: "long", field: { type: "S", value: Buffer.alloc(5000) } }] as const;
    publisher.publish(1, "q", "with long headers", { properties: toProperties({ headers }) });
    publisher.publish(1, "q", "short");
    await broker.settle();
    await consumer.consume("q");

    expect(consumer.bodies).toEqual(["short"]);
    expect(broker.counters.dropped.get("packet_too_large")).toBe(1);
  });
});

describe("Settling over AMQP", () => {
  it.each([
    ["basic.ack", { kind: "basic.ack", deliveryTag: 7, multiple: false }, 80],
    ["basic.nack", { kind: "basic.nack", deliveryTag: 7, multiple: true, requeue: true }, 120],
    ["basic.reject", { kind: "basic.reject", deliveryTag: 7, requeue: false }, 90],
  ] as const)("%s of an unknown delivery tag closes the channel with 406", async (_, method, methodId) => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.ask(1, method);

    expect(client.last("channel.close")).toMatchObject({
      replyCode: 406,
      replyText: "PRECONDITION_FAILED - unknown delivery tag 7",
      classId: 60,
      methodId,
    });
  });

  it("takes a delivery tag once", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 1);
    await client.consume("q");
    await ack(client, 1);
    await ack(client, 1);

    expect(client.last("channel.close").replyText).toBe("PRECONDITION_FAILED - unknown delivery tag 1");
  });

  it("means all there are with multiple and 0, also none", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 3);
    await ack(client, 0, true);
    await client.consume("q");
    await ack(client, 0, true);
    await client.call(1, { kind: "channel.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 });

    expect(client.of("channel.close")).toEqual([]);
    expect(await broker.rig.drain("q")).toEqual([]);
  });

  it("requeues to the original place and says of a quorum queue how often it was given back", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q", { arguments: fromPlain({ "x-queue-type": "quorum" }) });
    for (const text of ["1", "2", "3"]) client.publish(1, "q", text);
    await broker.settle();
    const get = { kind: "basic.get", queue: "q", noAck: false } as const;
    await client.call(1, get);
    await client.call(1, get);
    await client.ask(1, { kind: "basic.nack", deliveryTag: 2, multiple: true, requeue: true });
    await client.consume("q", { noAck: true });
    const [first] = client.arrivals.filter(({ method }) => method.kind === "basic.deliver");

    expect(client.bodies).toEqual(["1", "2", "3"]);
    expect(first?.method).toMatchObject({ redelivered: true });
    expect(toPlain(first?.properties?.headers ?? [])).toMatchObject({ "x-delivery-count": 1 });
  });

  it("recovers all that is not settled, and offers nothing else", async () => {
    const broker = await AmqpBroker.open();
    const client = await filled(broker, "q", 2);
    await client.consume("q");
    const [answer] = await client.ask(1, { kind: "basic.recover", requeue: true });
    await client.ask(1, { kind: "basic.recover", requeue: false });

    expect(answer?.method.kind).toBe("basic.recover-ok");
    expect(client.bodies).toEqual(["1", "2", "1", "2"]);
    expect(client.last("connection.close")).toMatchObject({ replyCode: 540, methodId: 110 });
  });

  it("closes the channel of a consumer that holds a message too long, and gives the message to another", async () => {
    const broker = await AmqpBroker.open({ queues: { consumerTimeout: 60 } });
    const client = await filled(broker, "q", 1);
    await client.consume("q");
    const other = await broker.connect();
    await other.consume("q");
    await broker.rig.clock.advance(61_000);
    await broker.settle();

    expect(client.last("channel.close").replyCode).toBe(406);
    expect(other.bodies).toEqual(["1"]);
  });
});
