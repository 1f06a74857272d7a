import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

async function pair(): Promise<{ broker: TestBroker; client: RawClient; publisher: RawClient }> {
  const broker = await TestBroker.open();
  const { client } = await broker.connect({ clientId: "client" });
  const { client: publisher } = await broker.connect({ clientId: "publisher" });
  return { broker, client, publisher };
}

function texts(packets: readonly Packet[]): string[] {
  return packets.map((packet) => String((packet as IPublishPacket).payload));
}

/** Retains a message and waits until the broker has it. */
async function retain(publisher: RawClient, topic: string, payload: string, qos: 0 | 1 = 0): Promise<void> {
  publisher.send(aPublish({ topic, payload, retain: true, qos, ...(qos > 0 && { messageId: 1 }) }));
  await publisher.ping();
}

describe("SUBSCRIBE", () => {
  it("is answered with one Reason Code per filter, in their order [MQTT-3.8.4-6]", async () => {
    const broker = await TestBroker.open({ options: { sharedSubscriptionAvailable: false } });
    const { client } = await broker.connect();

    client.send({
      cmd: "subscribe",
      messageId: 5,
      subscriptions: [
        { topic: "a", qos: 2 },
        { topic: "a/#/b", qos: 1 },
        { topic: "$share/g/a", qos: 1 },
        { topic: "b", qos: 0 },
      ],
    });

    expect(await client.next()).toMatchObject({ cmd: "suback", messageId: 5, granted: [2, 0x8f, 0x9e, 0] });
  });

  it("is answered in MQTT 3.1.1 with 0x80 for every failure [MQTT3-3.9.3-2]", async () => {
    const broker = await TestBroker.open({
      authorization: { maySubscribe: (_, filter) => filter !== "secret" },
    });
    const { client } = await broker.connect({}, 4);

    expect(await client.subscribe("secret", { qos: 1 })).toMatchObject({ granted: [0x80] });
    expect(await client.subscribe("a/#/b", { qos: 1 })).toMatchObject({ granted: [0x80] });
    expect(await client.subscribe("open", { qos: 1 })).toMatchObject({ granted: [1] });
  });

  it.each([
    ["a/b/c", { maximumTopicLevels: 2 }, 0x8f],
    ["a/+", { wildcardSubscriptionAvailable: false }, 0xa2],
  ])("of %s is refused where the broker does not offer it", async (filter, options, reasonCode) => {
    const broker = await TestBroker.open({ options });
    const { client } = await broker.connect();

    expect(await client.subscribe(filter)).toMatchObject({ granted: [reasonCode] });
  });

  it("beyond the limit per client is refused with 0x97, a replacement is not", async () => {
    const broker = await TestBroker.open({ options: { maximumSubscriptionsPerClient: 1 } });
    const { client } = await broker.connect();
    await client.subscribe("a");

    expect(await client.subscribe("b")).toMatchObject({ granted: [0x97] });
    expect(await client.subscribe("a", { qos: 1 })).toMatchObject({ granted: [1] });
  });

  it("grants no more than the broker's Maximum QoS [MQTT-3.8.4-7]", async () => {
    const broker = await TestBroker.open({ options: { maximumQoS: 1 } });
    const { client } = await broker.connect();

    expect(await client.subscribe("a", { qos: 2 })).toMatchObject({ granted: [1] });
  });

  it("is acknowledged to a lasting session only when it is on disk", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));

    broker.store.hold();
    const suback = client.subscribe("t");
    await broker.settle();
    expect(client.unread).toEqual([]);
    broker.store.release();

    expect(await suback).toMatchObject({ cmd: "suback" });
    expect(broker.disk.clients.get("a" as never)?.subscriptions.size).toBe(1);
  });

  it("replaces an earlier one of the same filter [MQTT-3.8.4-3]", async () => {
    const { client, publisher } = await pair();
    await client.subscribe("t", { qos: 0 });
    await client.subscribe("t", { qos: 1, subscriptionIdentifier: 9 });

    publisher.send(aPublish({ qos: 1, messageId: 1 }));

    expect(await client.ping()).toMatchObject([{ qos: 1, properties: { subscriptionIdentifier: 9 } }]);
  });

  it("that overlaps another brings a message once, with the higher QoS and both identifiers [MQTT-3.3.4-2]", async () => {
    const { client, publisher } = await pair();
    await client.subscribe("a/+", { qos: 0, subscriptionIdentifier: 1 });
    await client.subscribe("a/#", { qos: 1, subscriptionIdentifier: 2 });

    publisher.send(aPublish({ topic: "a/b", qos: 2, messageId: 1 }));

    const [message, ...more] = await client.ping();
    expect(more).toEqual([]);
    expect(message).toMatchObject({ qos: 1 });
    const { subscriptionIdentifier } = (message as IPublishPacket).properties ?? {};
    expect([...(subscriptionIdentifier as number[])].sort()).toEqual([1, 2]);
  });

  it("with No Local brings nothing back to its publisher [MQTT-3.8.3-3]", async () => {
    const { client, publisher } = await pair();
    await client.subscribe("t", { nl: true });

    client.send(aPublish({ payload: "own" }));
    publisher.send(aPublish({ payload: "other" }));
    await publisher.ping();

    expect(texts(await client.ping())).toEqual(["other"]);
  });

  it("with Retain As Published keeps RETAIN, else it is cleared [MQTT-3.3.1-12], [MQTT-3.3.1-13]", async () => {
    const { broker, client, publisher } = await pair();
    const { client: plain } = await broker.connect({ clientId: "plain" });
    await client.subscribe("t", { rap: true });
    await plain.subscribe("t");

    publisher.send(aPublish({ retain: true }), aPublish({ retain: false }));

    expect(await client.take(2)).toMatchObject([{ retain: true }, { retain: false }]);
    expect(await plain.take(2)).toMatchObject([{ retain: false }, { retain: false }]);
  });
});

describe("a retained message", () => {
  it("comes with RETAIN for a new subscription, the last one of its topic only [MQTT-3.3.1-8], [MQTT-3.3.1-5]", async () => {
    const { client, publisher } = await pair();
    await retain(publisher, "t", "old");
    await retain(publisher, "t", "new", 1);

    await client.subscribe("t", { qos: 1 });

    expect(await client.ping()).toMatchObject([
      { topic: "t", payload: Buffer.from("new"), retain: true, qos: 1 },
    ]);
  });

  it("is cleared by an empty one [MQTT-3.3.1-6], which is delivered but not kept", async () => {
    const { broker, client, publisher } = await pair();
    await retain(publisher, "t", "old");
    const { client: live } = await broker.connect({ clientId: "live" });
    await live.subscribe("t", { rh: 2 });

    await retain(publisher, "t", "");
    await client.subscribe("t");

    expect(texts(await live.ping())).toEqual([""]);
    expect(await client.ping()).toEqual([]);
    await broker.settle();
    expect(broker.disk.retained.size).toBe(0);
  });

  it.each([
    [0, ["x", "x"]],
    [1, ["x"]],
    [2, []],
  ] as const)(
    "obeys Retain Handling %i [MQTT-3.3.1-9], [MQTT-3.3.1-10], [MQTT-3.3.1-11]",
    async (rh, expected) => {
      const { client, publisher } = await pair();
      await retain(publisher, "t", "x");

      await client.subscribe("t", { rh });
      const first = await client.ping();
      await client.subscribe("t", { rh });
      const second = await client.ping();

      expect(texts([...first, ...second])).toEqual(expected);
    },
  );

  it("comes again after a reconnection with Retain Handling 0, not with 1 (the subscription exists)", async () => {
    const broker = await TestBroker.open();
    const { client: publisher } = await broker.connect({ clientId: "p" });
    await retain(publisher, "t", "x");
    const first = await broker.connect(lasting("a"));
    await first.client.subscribe("t", { rh: 1 });
    expect(texts(await first.client.ping())).toEqual(["x"]);
    await first.client.hangUp();

    const again = await broker.connect(lasting("a"));
    await again.client.subscribe("t", { rh: 1 });
    expect(await again.client.ping()).toEqual([]);
    await again.client.subscribe("t", { rh: 0 });

    expect(texts(await again.client.ping())).toEqual(["x"]);
  });

  it("survives a crash once it was acknowledged", async () => {
    const broker = await TestBroker.open();
    const { client: publisher } = await broker.connect();
    publisher.send(aPublish({ payload: "kept", retain: true, qos: 1, messageId: 1 }));
    await publisher.next();

    const restarted = await broker.crash();
    const { client } = await restarted.connect();
    await client.subscribe("#");

    expect(texts(await client.ping())).toEqual(["kept"]);
  });

  it("that has expired does not come; another brings the time it has left [MQTT-3.3.2-5], [MQTT-3.3.2-6]", async () => {
    const { broker, client, publisher } = await pair();
    const expiring = (topic: string, messageExpiryInterval: number): Packet =>
      aPublish({ topic, retain: true, properties: { messageExpiryInterval } });
    publisher.send(expiring("short", 5), expiring("long", 60));
    await publisher.ping();
    await broker.clock.advance(10_000);

    await client.subscribe("#");

    expect(await client.ping()).toMatchObject([{ topic: "long", properties: { messageExpiryInterval: 50 } }]);
  });

  it("of which there are many come all, though the client reads slowly and takes few at a time", async () => {
    const broker = await TestBroker.open();
    const { client: publisher } = await broker.connect({ clientId: "p" });
    for (let i = 0; i < 500; i++) publisher.send(aPublish({ topic: `many/${i}`, retain: true }));
    await publisher.ping();
    const { client, stream } = await broker.connect({ clientId: "a", properties: { receiveMaximum: 10 } });

    stream.stall();
    const suback = client.subscribe("many/#");
    await broker.settle();
    stream.unstall();
    await suback;
    await broker.settle();

    const topics = (await client.take(500)).map((packet) => (packet as IPublishPacket).topic);
    expect(new Set(topics).size).toBe(500);
  });

  it("asked for again and again by a client that does not read is owed a bounded number of times, and comes each time", async () => {
    const broker = await TestBroker.open();
    const { client: publisher } = await broker.connect({ clientId: "p" });
    await retain(publisher, "t", "x");
    const { client, stream } = await broker.connect({ clientId: "a" });
    const subscribe: Packet = { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 0 }] };

    stream.bufferedBytes = 9 * 1024 * 1024; // the client is behind with reading
    await client.ping();
    for (let i = 0; i < 3000; i++) client.send(subscribe);
    await broker.settle();
    expect(stream.isReading).toBe(false);
    expect(stream.unreadChunks).toBeGreaterThan(1500);
    stream.bufferedBytes = 0;
    for (let i = 0; i < 100; i++) {
      await broker.clock.advance(20);
      await broker.settle();
    }

    const count = (cmd: string): number => client.unread.filter((packet) => packet.cmd === cmd).length;
    expect([count("suback"), count("publish")]).toEqual([3000, 3000]);
  });

  it("does not come to one who may not receive it, in whatever session", async () => {
    const broker = await TestBroker.open({
      authorization: { hasRules: true, mayReceive: (_, topicName) => topicName !== "secret" },
    });
    const { client: publisher } = await broker.connect({ clientId: "p" });
    await retain(publisher, "secret", "x", 1);
    await retain(publisher, "open", "y", 1);

    for (const options of [{ clientId: "a" }, lasting("b")]) {
      const { client } = await broker.connect(options);
      await client.subscribe("#", { qos: 1 });
      await broker.settle();
      expect(texts(await client.ping())).toEqual(["y"]);
    }
    expect(broker.dropped("not_authorized")).toBe(2);
  });
});

describe("a message that a client may not receive", () => {
  it.each([0, 1, 2] as const)("at QoS %i enters no queue of its session and is counted", async (qos) => {
    const broker = await TestBroker.open({
      authorization: { hasRules: true, mayReceive: ({ clientId }) => clientId !== ("a" as never) },
    });
    const { client: allowed } = await broker.connect(lasting("b"));
    await allowed.subscribe("#", { qos });
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("#", { qos });
    const { client: publisher } = await broker.connect({ clientId: "p" });

    publisher.send(aPublish({ qos, ...(qos > 0 && { messageId: 1 }) }));
    await allowed.next();

    expect(await client.ping()).toEqual([]);
    expect(broker.machine.session("a" as never)?.queue.count).toBe(0);
    expect(broker.dropped("not_authorized")).toBe(1);
  });
});

describe("UNSUBSCRIBE", () => {
  it("ends a subscription at once and says which existed [MQTT-3.10.4-1], [MQTT-3.11.3-1]", async () => {
    const { client, publisher } = await pair();
    await client.subscribe("t", { qos: 1 });

    client.send({ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["t", "never"] });
    expect(await client.next()).toMatchObject({ cmd: "unsuback", messageId: 3, granted: [0, 0x11] });
    publisher.send(aPublish({ qos: 1, messageId: 1 }));
    await publisher.next();

    expect(await client.ping()).toEqual([]);
  });

  it("is durable before it is acknowledged", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t");
    client.send({ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["t"] });
    await client.next();

    const restarted = await broker.crash();

    expect(restarted.machine.session("a" as never)?.subscriptions.size).toBe(0);
  });

  it("finishes what was on its way [MQTT-3.10.4-3]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    const { client: publisher } = await broker.connect({ clientId: "p" });
    publisher.send(aPublish({ qos: 2, messageId: 1 }));
    await publisher.next();
    const messageId = (await client.next()).messageId as number;

    client.send({ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["t"] });
    await client.next();
    client.send({ cmd: "pubrec", messageId });

    expect(await client.next()).toMatchObject({ cmd: "pubrel", messageId });
  });
});
