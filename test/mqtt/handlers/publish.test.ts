import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

async function pair(
  given: Parameters<typeof TestBroker.open>[0] = {},
): Promise<{ broker: TestBroker; receiver: RawClient; client: RawClient }> {
  const broker = await TestBroker.open(given);
  const { client: receiver } = await broker.connect({ clientId: "receiver" });
  await receiver.subscribe("#", { qos: 2 });
  const { client } = await broker.connect({ clientId: "client" });
  return { broker, receiver, client };
}

function topics(packets: readonly Packet[]): string[] {
  return packets.map((packet) => (packet as IPublishPacket).topic);
}

describe("PUBLISH", () => {
  it("carries its properties on unaltered, user properties in order [MQTT-3.3.2-17], [MQTT-3.3.2-18]", async () => {
    const { client, receiver } = await pair();
    const properties = {
      payloadFormatIndicator: true,
      contentType: "text/plain",
      responseTopic: "answers",
      correlationData: Buffer.from([1, 2, 3]),
      userProperties: { b: ["2", "1"], a: "3" },
    };

    client.send(aPublish({ properties }));

    expect(await receiver.next()).toMatchObject({ properties });
  });

  it("of MQTT 5 reaches MQTT 3.1.1 without its properties", async () => {
    const { broker, client } = await pair();
    const { client: four } = await broker.connect({ clientId: "four" }, 4);
    await four.subscribe("t");

    client.send(aPublish({ properties: { contentType: "text/plain", messageExpiryInterval: 9 } }));

    expect(await four.next()).toMatchObject({ length: 4, payload: Buffer.from("x") });
  });

  it("never carries DUP or the publisher's packet id on [MQTT-3.3.1-3]", async () => {
    const { client, receiver } = await pair();

    client.send(aPublish({ qos: 1, messageId: 700, dup: true }));

    expect(await receiver.next()).toMatchObject({ dup: false, messageId: 1 });
  });

  it("resolves Topic Aliases of its own connection only [MQTT-3.3.2-7]", async () => {
    const { broker, client, receiver } = await pair();
    client.send(
      aPublish({ topic: "one", properties: { topicAlias: 1 } }),
      aPublish({ topic: "", properties: { topicAlias: 1 } }),
      aPublish({ topic: "two", properties: { topicAlias: 1 } }),
      aPublish({ topic: "", properties: { topicAlias: 1 } }),
    );
    expect(topics(await receiver.take(4))).toEqual(["one", "one", "two", "two"]);

    const { client: other } = await broker.connect({ clientId: "other" });
    other.send(aPublish({ topic: "", properties: { topicAlias: 1 } }));

    expect(await other.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x82 }]);
  });

  it.each([17, 0])(
    "with Topic Alias %i, out of bounds, ends the connection with 0x94 [MQTT-3.3.2-9]",
    async (topicAlias) => {
      const { client } = await pair();

      client.sendHex(`30 08 0001 74 03 23 ${topicAlias.toString(16).padStart(4, "0")} 78`);

      expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x94 }]);
    },
  );

  it("that waited carries what is left of its Message Expiry Interval [MQTT-3.3.2-6]", async () => {
    const broker = await TestBroker.open();
    const sleeper = await broker.connect(lasting("sleeper"));
    await sleeper.client.subscribe("t", { qos: 1 });
    await sleeper.client.disconnect();
    const { client } = await broker.connect({ clientId: "p" });
    const expiring = (messageId: number, messageExpiryInterval: number): Packet =>
      aPublish({ qos: 1, messageId, properties: { messageExpiryInterval } });
    client.send(expiring(1, 5), expiring(2, 60));
    await client.take(2);
    await broker.clock.advance(20_000);

    const awake = await broker.connect(lasting("sleeper"));
    await broker.settle();

    expect(await awake.client.ping()).toMatchObject([{ properties: { messageExpiryInterval: 40 } }]);
    expect(broker.dropped("expired")).toBe(1);
    await broker.settle();
    expect(broker.machine.session("sleeper" as never)?.queue.count).toBe(1);
  });

  it("that may not be published is answered with 0x87 and goes nowhere; in MQTT 3.1.1 with PUBACK [MQTT3-3.3.5-2]", async () => {
    const { broker, client, receiver } = await pair({ authorization: { mayPublish: () => false } });
    const { client: four } = await broker.connect({ clientId: "four" }, 4);

    client.send(aPublish(), aPublish({ qos: 1, messageId: 1 }), aPublish({ qos: 2, messageId: 2 }));
    four.send(aPublish({ qos: 1, messageId: 1 }));

    expect(await client.take(2)).toMatchObject([
      { cmd: "puback", messageId: 1, reasonCode: 0x87 },
      { cmd: "pubrec", messageId: 2, reasonCode: 0x87 },
    ]);
    expect(await four.next()).toMatchObject({ cmd: "puback", messageId: 1 });
    expect(await receiver.ping()).toEqual([]);
    client.send(aPublish({ qos: 2, messageId: 2 }));
    expect(await client.next()).toMatchObject({ cmd: "pubrec", reasonCode: 0x87 });
  });

  it("that is refused is logged once a second, however often it comes", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) };
    const { broker, client } = await pair({ authorization: { mayPublish: () => false }, logger });

    for (let i = 0; i < 100; i++) client.send(aPublish());
    await client.ping();
    expect(warnings).toEqual(["publish refused"]);
    await broker.clock.advance(1_000);
    client.send(aPublish());
    await client.ping();

    expect(warnings).toHaveLength(2);
    expect(broker.dropped("not_authorized")).toBe(101);
  });

  it.each([
    [{ qos: 2, messageId: 1 }, { maximumQoS: 1 }, 0x9b],
    [{ retain: true }, { retainAvailable: false }, 0x9a],
  ] as const)("%j beyond what CONNACK offered ends the connection", async (fields, options, reasonCode) => {
    const { client } = await pair({ options });

    client.send(aPublish(fields));

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode }]);
  });

  it("with too many levels is answered with 0x90", async () => {
    const { client } = await pair({ options: { maximumTopicLevels: 2 } });

    client.send(aPublish({ topic: "a/b/c", qos: 1, messageId: 1 }));

    expect(await client.next()).toMatchObject({ cmd: "puback", reasonCode: 0x90 });
  });

  it("that nobody wants is acknowledged with 0x10 (MQTT 5 §3.4.2.1)", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    client.send(aPublish({ qos: 1, messageId: 1 }), aPublish({ qos: 2, messageId: 2 }));

    expect(await client.take(2)).toMatchObject([
      { cmd: "puback", reasonCode: 0x10 },
      { cmd: "pubrec", reasonCode: 0x10 },
    ]);
  });

  it("of a large payload arrives whole and unmixed at every receiver", async () => {
    const { broker, client, receiver } = await pair();
    const { client: second } = await broker.connect({ clientId: "second" });
    await second.subscribe("#");
    const payloads = [1, 2, 3].map((value) => Buffer.alloc(20_000 * value, value));

    for (const payload of payloads) client.send(aPublish({ payload }), aPublish({ payload: "small" }));

    const expected = payloads.flatMap((payload) => [payload, Buffer.from("small")]);
    for (const each of [receiver, second]) {
      expect((await each.take(6)).map((packet) => (packet as IPublishPacket).payload)).toEqual(expected);
    }
  });

  it("counts for a session that is full as dropped, and the publisher is acknowledged", async () => {
    const { broker, client } = await pair({ options: { maximumQueuedMessages: 2 } });
    const sleeper = await broker.connect(lasting("sleeper"));
    await sleeper.client.subscribe("t", { qos: 1 });
    await sleeper.client.disconnect();

    for (let i = 1; i <= 5; i++) client.send(aPublish({ qos: 1, messageId: i }));

    await client.take(5);
    expect(broker.dropped("queue_full")).toBe(3);
    expect(broker.machine.session("sleeper" as never)?.queue.count).toBe(2);
  });
});
