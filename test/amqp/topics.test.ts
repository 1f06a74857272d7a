import { describe, expect, it } from "vitest";
import { toProperties } from "../../src/amqp/codec/basic-properties.ts";
import { fromPlain, toPlain } from "../../src/amqp/codec/table-values.ts";
import type { Authorization } from "../../src/amqp/ports.ts";
import { filterMatches } from "../../src/base/topic-filter.ts";
import { aMessage } from "../storage/samples.ts";
import { AmqpBroker } from "../support/amqp-broker.ts";
import type { AmqpTestClient, Arrival } from "../support/amqp-client.ts";

/** A broker with a queue `q` bound to one of the exchanges that show topics, and its consumer. */
async function bound(
  exchange: "mqtt" | "amq.topic",
  key: string,
  given: Parameters<typeof AmqpBroker.open>[0] = {},
): Promise<{ broker: AmqpBroker; client: AmqpTestClient }> {
  const broker = await AmqpBroker.open(given);
  const client = await broker.connect();
  await client.declare("q");
  await client.bind("q", exchange, key);
  await client.consume("q", { noAck: true });
  return { broker, client };
}

const lastDelivery = (client: AmqpTestClient): Arrival =>
  client.arrivals.filter(({ method }) => method.kind === "basic.deliver").at(-1) as Arrival;

const headersOf = ({ properties }: Arrival): object => toPlain(properties?.headers ?? []);

describe("What MQTT clients publish, seen over AMQP", () => {
  it("appears on amq.topic with dots, and on mqtt under its topic", async () => {
    const mapped = await bound("amq.topic", "plant.*.temp");
    const exact = await bound("mqtt", "plant/+/temp");
    for (const { broker } of [mapped, exact]) await broker.rig.publishMqtt("plant/1/temp", "21.5");
    for (const { broker } of [mapped, exact]) await broker.settle();

    expect(mapped.client.last("basic.deliver")).toMatchObject({
      exchange: "amq.topic",
      routingKey: "plant.1.temp",
    });
    expect(exact.client.last("basic.deliver")).toMatchObject({
      exchange: "mqtt",
      routingKey: "plant/1/temp",
    });
    expect(headersOf(lastDelivery(exact.client))).toMatchObject({
      "x-mqtt-topic": "plant/1/temp",
      "x-mqtt-qos": 1,
      "x-mqtt-client-id": "sensor",
    });
  });

  it("cuts a topic longer than a routing key may be at a level, and gives all of it in a header", async () => {
    const { broker, client } = await bound("amq.topic", "#");
    const topic = `${"level/".repeat(60)}end`;
    await broker.rig.publishMqtt(topic);
    await broker.settle();
    const { routingKey } = client.last("basic.deliver");

    expect(Buffer.byteLength(routingKey)).toBeLessThanOrEqual(255);
    expect(topic.replaceAll("/", ".").startsWith(`${routingKey}.`)).toBe(true);
    expect(headersOf(lastDelivery(client))).toMatchObject({ "x-mqtt-topic": topic });
  });

  it("keeps empty levels", async () => {
    const { broker, client } = await bound("amq.topic", "a.*.b");
    await broker.rig.publishMqtt("a//b");
    await broker.settle();

    expect(client.last("basic.deliver").routingKey).toBe("a..b");
  });

  it("reaches a queue once that is bound to both exchanges", async () => {
    const { broker, client } = await bound("mqtt", "a/#");
    await client.bind("q", "amq.topic", "a.#");
    await broker.rig.publishMqtt("a/b", "once");
    await broker.settle();

    expect(client.bodies).toEqual(["once"]);
  });

  it("takes a literal * of a topic for nothing else", async () => {
    const { broker, client } = await bound("mqtt", "a/*/b");
    await broker.rig.publishMqtt("a/x/b", "x");
    await broker.rig.publishMqtt("a/*/b", "literal");
    await broker.settle();

    expect(client.bodies).toEqual(["literal"]);
  });

  it("does not show topics of the broker's own", async () => {
    const { broker, client } = await bound("amq.topic", "#");
    await broker.rig.publishMqtt("$SYS/broker/uptime");
    await broker.rig.publishMqtt("$foo");
    await broker.settle();

    expect(client.bodies).toEqual([]);
  });

  it("carries the properties of MQTT 5 and the time that is left", async () => {
    const { broker, client } = await bound("mqtt", "a");
    const now = broker.rig.clock.now();
    const properties = {
      payloadFormatIndicator: undefined,
      contentType: "text/plain",
      responseTopic: "answers/1",
      correlationData: Buffer.from("seven"),
      userProperties: [["unit", "C"]] as const,
    };
    const message = aMessage({ topicName: "a", properties, receivedAt: now, expiresAt: now + 5000 });
    broker.rig.publishing.publish(message, undefined, 0, { committed() {} }, 0);
    await broker.settle();
    const delivery = lastDelivery(client);

    expect(delivery.properties).toMatchObject({
      contentType: "text/plain",
      correlationId: "seven",
      expiration: "5000",
      deliveryMode: 2,
    });
    expect(headersOf(delivery)).toMatchObject({ unit: "C", "x-reply-to-topic": "answers/1" });
  });
});

describe("What AMQP clients publish, seen over MQTT", () => {
  it.each([
    ["amq.topic", "plant.1.temp", "plant/1/temp"],
    ["mqtt", "plant.1/temp", "plant.1/temp"],
  ])("on %s under %s has the topic %s", async (exchange, routingKey, topicName) => {
    const broker = await AmqpBroker.open();
    const got = broker.subscribe("#");
    const client = await broker.connect();
    client.publish(1, routingKey, "m", { exchange });
    await broker.settle();

    expect(got.map((message) => message.topicName)).toEqual([topicName]);
  });

  it.each(["a.+", "a.#.b", "", "a.\0"])("with the key %j is no topic: queues only", async (routingKey) => {
    const { broker, client } = await bound("amq.topic", "#");
    const got = broker.subscribe("#");
    client.publish(1, routingKey, "m", { exchange: "amq.topic" });
    await broker.settle();

    expect(got).toEqual([]);
    expect(client.bodies).toEqual(["m"]);
  });

  it("may not go to topics of the broker's own: 403", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    client.publish(1, "$SYS.broker.version", "m", { exchange: "amq.topic" });
    await broker.settle();

    expect(client.last("channel.close")).toMatchObject({ replyCode: 403, classId: 60, methodId: 40 });
  });

  it("takes its properties along, text headers as user properties", async () => {
    const broker = await AmqpBroker.open();
    const [got, client] = [broker.subscribe("a/b"), await broker.connect()];
    const headers = fromPlain({ unit: "C", number: 1, "x-reply-to-topic": "answers/1" });
    const properties = toProperties({
      contentType: "text/plain",
      correlationId: "7",
      headers,
      deliveryMode: 2,
    });
    client.publish(1, "a.b", "m", { exchange: "amq.topic", properties });
    await broker.settle();

    expect(got[0]).toMatchObject({
      qos: 1,
      properties: {
        contentType: "text/plain",
        responseTopic: "answers/1",
        correlationData: Buffer.from("7"),
        userProperties: [["unit", "C"]],
      },
    });
  });

  it("is retained with x-mqtt-retain", async () => {
    const broker = await AmqpBroker.open();
    const [got, client] = [broker.subscribe("a/b"), await broker.connect()];
    const properties = toProperties({ headers: fromPlain({ "x-mqtt-retain": true }) });
    client.publish(1, "a.b", "m", { exchange: "amq.topic", properties });
    await broker.settle();

    expect(got.map(({ retain }) => retain)).toEqual([true]);
  });

  it("goes on from an exchange of one's own that is bound to amq.topic, and never between the two views", async () => {
    const broker = await AmqpBroker.open();
    const [got, client] = [broker.subscribe("a/b"), await broker.connect()];
    await broker.rig.declareExchange("own", "fanout");
    const between = { routingKey: "", noWait: false, arguments: [] };
    await client.call(1, { kind: "exchange.bind", source: "own", destination: "amq.topic", ...between });
    client.publish(1, "a.b", "m", { exchange: "own" });
    await broker.settle();
    const refused = await client.call(1, {
      kind: "exchange.bind",
      source: "amq.topic",
      destination: "mqtt",
      ...between,
    });

    expect(got).toHaveLength(1);
    expect(refused).toMatchObject({ kind: "channel.close", replyCode: 406 });
  });
});

describe("Access rules over AMQP", () => {
  const RULES: Partial<Authorization> = {
    hasRules: true,
    mayPublish: (_, topicName) => topicName.startsWith("mine/"),
    maySubscribe: (_, topicFilter) => filterMatches("mine/#", topicFilter),
  };

  it("ask whether a publisher may send to the topic", async () => {
    const broker = await AmqpBroker.open({ authorization: RULES });
    const [got, client] = [broker.subscribe("#"), await broker.connect()];
    client.publish(1, "mine.temp", "m", { exchange: "amq.topic" });
    await broker.settle();
    client.publish(1, "theirs/temp", "m", { exchange: "mqtt" });
    await broker.settle();

    expect(got.map(({ topicName }) => topicName)).toEqual(["mine/temp"]);
    expect(client.last("channel.close")).toMatchObject({ replyCode: 403, classId: 60, methodId: 40 });
  });

  it.each([
    ["amq.topic", "mine.#", true],
    ["amq.topic", "mine.*.temp", true],
    ["amq.topic", "mine.#.temp", true],
    ["amq.topic", "#", false],
    ["amq.topic", "theirs.#", false],
    ["mqtt", "mine/+/temp", true],
    ["mqtt", "#", false],
    ["amq.direct", "anything", true],
  ])("ask who binds a queue to %s by %s whether it may subscribe: %s", async (exchange, key, isAllowed) => {
    const broker = await AmqpBroker.open({ authorization: RULES });
    const client = await broker.connect();
    await client.declare("q");

    const answer = await client.bind("q", exchange, key);

    expect(answer).toMatchObject(
      isAllowed ? { kind: "queue.bind-ok" } : { kind: "channel.close", replyCode: 403 },
    );
  });

  it.each([
    [{ "x-dead-letter-exchange": "amq.topic", "x-dead-letter-routing-key": "mine.dead" }, true],
    [{ "x-dead-letter-exchange": "amq.topic", "x-dead-letter-routing-key": "theirs.dead" }, false],
    [{ "x-dead-letter-exchange": "mqtt" }, false],
    [{ "x-dead-letter-exchange": "amq.direct" }, true],
  ])("ask who declares a queue where its dead letters go: %o", async (table, isAllowed) => {
    const broker = await AmqpBroker.open({ authorization: RULES });
    const client = await broker.connect();

    const answer = await client.declare("q", { arguments: fromPlain(table) });

    expect(answer).toMatchObject(isAllowed ? { kind: "queue.declare-ok" } : { replyCode: 403 });
  });
});
