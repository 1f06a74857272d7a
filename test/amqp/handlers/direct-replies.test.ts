import { describe, expect, it } from "vitest";
import { toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import type { AmqpTestClient } from "../../support/amqp-client.ts";

const REPLY_TO = "amq.rabbitmq.reply-to";

/** Sends a request and returns what the server of it is told to answer to. */
async function requested(
  broker: AmqpBroker,
  client: AmqpTestClient,
  server: AmqpTestClient,
): Promise<string> {
  await server.declare("requests");
  await server.consume("requests", { noAck: true });
  await client.consume(REPLY_TO, { noAck: true });
  const properties = toProperties({ replyTo: REPLY_TO, correlationId: "7" });
  client.publish(1, "requests", "question", { properties });
  await broker.settle();
  return server.arrivals.at(-1)?.properties?.replyTo ?? "";
}

describe("Direct replies", () => {
  it("go to the channel that asked, across connections, without a queue", async () => {
    const broker = await AmqpBroker.open();
    const [client, server] = [await broker.connect(), await broker.connect()];
    const replyTo = await requested(broker, client, server);
    server.publish(1, replyTo, "answer", { properties: toProperties({ correlationId: "7" }) });
    await broker.settle();

    expect(replyTo).toMatch(/^amq\.rabbitmq\.reply-to\../);
    expect(client.last("basic.deliver")).toMatchObject({
      consumerTag: "c",
      exchange: "",
      routingKey: replyTo,
    });
    expect(client.arrivals.at(-1)?.properties?.correlationId).toBe("7");
    expect(client.bodies).toEqual(["answer"]);
  });

  it("are unroutable when who asked has gone", async () => {
    const broker = await AmqpBroker.open();
    const [client, server] = [await broker.connect(), await broker.connect()];
    const replyTo = await requested(broker, client, server);
    client.stream.destroy();
    await broker.settle();
    server.publish(1, replyTo, "answer", { mandatory: true });
    await broker.settle();

    expect(server.last("basic.return")).toMatchObject({ replyCode: 312, routingKey: replyTo });
  });

  it("need a consumer that does not acknowledge, one per channel", async () => {
    const broker = await AmqpBroker.open();
    const [acking, twice] = [await broker.connect(), await broker.connect()];
    await acking.consume(REPLY_TO);
    await twice.consume(REPLY_TO, { noAck: true });
    await twice.consume(REPLY_TO, { noAck: true, consumerTag: "d" });

    expect(acking.last("channel.close")).toMatchObject({ replyCode: 406, classId: 60, methodId: 20 });
    expect(twice.last("channel.close").replyText).toBe("PRECONDITION_FAILED - reply consumer already set");
  });

  it("end when their consumer is cancelled", async () => {
    const broker = await AmqpBroker.open();
    const [client, server] = [await broker.connect(), await broker.connect()];
    const replyTo = await requested(broker, client, server);
    await client.call(1, { kind: "basic.cancel", consumerTag: "c", noWait: false });
    const asked = await server.declare(replyTo, { passive: true });

    expect(asked).toMatchObject({ kind: "channel.close", replyCode: 404 });
  });
});
