import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { aPublish, type ConnectOptions, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

const SHARED = "$share/group/t/#";

async function member(broker: TestBroker, options: ConnectOptions, qos: 0 | 1 = 1): Promise<RawClient> {
  const { client } = await broker.connect(options);
  expect(await client.subscribe(SHARED, { qos })).toMatchObject({ granted: [qos] });
  return client;
}

/** Publishes numbers with QoS 1 and waits until they are acknowledged. */
async function publish(broker: TestBroker, from: number, to: number): Promise<void> {
  const { client } = await broker.connect({ clientId: "publisher" });
  for (let i = from; i <= to; i++) {
    client.send(aPublish({ topic: "t/x", payload: String(i), qos: 1, messageId: i }));
    expect(await client.next()).toMatchObject({ cmd: "puback", reasonCode: 0 });
  }
  await client.disconnect();
}

function texts(packets: readonly Packet[]): string[] {
  return packets.map((packet) => String((packet as IPublishPacket).payload));
}

function acknowledge(client: RawClient, packets: readonly Packet[], reasonCode = 0): void {
  for (const packet of packets)
    client.send({ cmd: "puback", messageId: packet.messageId as number, reasonCode });
}

describe("a shared subscription", () => {
  it("brings each message to one of its members [MQTT-4.8.2-1]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" });
    const b = await member(broker, { clientId: "b" });

    await publish(broker, 1, 10);

    const [atA, atB] = [texts(await a.ping()), texts(await b.ping())];
    expect(atA.length).toBeGreaterThan(0);
    expect(atB.length).toBeGreaterThan(0);
    expect([...atA, ...atB].map(Number).sort((x, y) => x - y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each(["$share//t", "$share/a+b/t", "$share/a#/t", "$share/a", "$share/a/", "$share/a/t/#/x"])(
    "%s has no valid name or filter and is refused with 0x8F [MQTT-4.8.2-2]",
    async (filter) => {
      const broker = await TestBroker.open();
      const { client } = await broker.connect();

      expect(await client.subscribe(filter)).toMatchObject({ granted: [0x8f] });
    },
  );

  it("beside an ordinary one of the same client brings a message to both (MQTT 5 §4.8.2)", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" });
    await a.subscribe("t/x", { qos: 1 });

    await publish(broker, 1, 1);

    expect(texts(await a.ping())).toEqual(["1", "1"]);
  });

  it("gets no retained messages when it is made (MQTT 5 §4.8.2)", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({ clientId: "p" });
    client.send(aPublish({ topic: "t/x", retain: true }));
    await client.ping();

    const a = await member(broker, { clientId: "a" });

    expect(await a.ping()).toEqual([]);
  });

  it("is not granted QoS 2, and with QoS 0 brings QoS 0 [MQTT-4.8.2-3]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" }, 0);
    expect(await a.subscribe("$share/other/x", { qos: 2 })).toMatchObject({ granted: [1] });

    await publish(broker, 1, 1);

    expect(await a.ping()).toMatchObject([{ qos: 0, payload: Buffer.from("1") }]);
  });

  it("with No Local is a protocol error [MQTT-3.8.3-4]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    expect(await client.subscribe(SHARED, { nl: true })).toMatchObject({
      cmd: "disconnect",
      reasonCode: 0x82,
    });
  });

  it("gives another member what one did not acknowledge before it went", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" });
    await publish(broker, 1, 3);
    expect(texts(await a.ping())).toEqual(["1", "2", "3"]);

    const b = await member(broker, { clientId: "b" });
    await a.hangUp();
    await broker.settle();

    expect(texts(await b.ping())).toEqual(["1", "2", "3"]);
  });

  it("discards what a member refuses: no other gets it [MQTT-4.8.2-6]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" });
    await publish(broker, 1, 1);
    acknowledge(a, await a.ping(), 0x97);
    await a.ping();

    const b = await member(broker, { clientId: "b" });
    await a.hangUp();
    await broker.settle();

    expect(await b.ping()).toEqual([]);
  });

  it("keeps what comes while all its lasting members are away, and over a crash", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, lasting("a"));
    await a.disconnect();
    await publish(broker, 1, 3);

    const restarted = await broker.crash();
    const { client, connack } = await restarted.connect(lasting("a"));
    await restarted.settle();
    const received = await client.ping();

    expect(connack.sessionPresent).toBe(true);
    expect(texts(received)).toEqual(["1", "2", "3"]);
    acknowledge(client, received);
    await client.ping();
    await restarted.settle();
    expect(restarted.machine.queue(`share/group/t/#`)?.count ?? 0).toBe(0);
  });

  it("never fills a member beyond its Receive Maximum: the others get the rest [MQTT-3.3.4-9]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a", properties: { receiveMaximum: 2 } });
    const b = await member(broker, { clientId: "b" });

    await publish(broker, 1, 10);

    expect(await a.ping()).toHaveLength(2);
    expect(await b.ping()).toHaveLength(8);
  });

  it("keeps what waits when its only member subscribes again, with other options", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, lasting("a"));
    await a.disconnect();
    await publish(broker, 1, 2);
    const { client } = await broker.connect(lasting("a"));
    expect(texts(await client.ping())).toEqual(["1", "2"]);

    expect(await client.subscribe(SHARED, { qos: 1, subscriptionIdentifier: 7 })).toMatchObject({
      granted: [1],
    });
    await publish(broker, 3, 3);

    expect(await client.ping()).toMatchObject([
      { payload: Buffer.from("3"), properties: { subscriptionIdentifier: 7 } },
    ]);
    await client.hangUp();
    const again = await broker.connect(lasting("a"));
    expect(texts(await again.client.ping())).toEqual(["1", "2", "3"]);
  });

  it("of one name with two filters is two: each brings the message [MQTT-4.8.2-1], [MQTT-4.8.2-2]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" });
    const { client: b } = await broker.connect({ clientId: "b" });
    await b.subscribe("$share/group/t/x", { qos: 1 });

    await publish(broker, 1, 1);

    expect(texts(await a.ping())).toEqual(["1"]);
    expect(texts(await b.ping())).toEqual(["1"]);
  });

  it("drops QoS 0 while no member is connected, and keeps QoS 1", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, lasting("a"));
    await a.disconnect();
    const { client: publisher } = await broker.connect({ clientId: "p" });

    publisher.send(
      aPublish({ topic: "t/x", payload: "0" }),
      aPublish({ topic: "t/x", payload: "1", qos: 1, messageId: 1 }),
    );
    await publisher.ping();

    const { client } = await broker.connect(lasting("a"));
    expect(texts(await client.ping())).toEqual(["1"]);
    expect(broker.dropped("receiver_offline")).toBe(1);
  });

  it("delivers a message published with QoS 2 once, with QoS 1 [MQTT-4.8.2-3]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, { clientId: "a" });
    const { client } = await broker.connect({ clientId: "p" });

    client.send(aPublish({ topic: "t/x", qos: 2, messageId: 1 }));
    expect(await client.next()).toMatchObject({ cmd: "pubrec", reasonCode: 0 });
    client.send({ cmd: "pubrel", messageId: 1 });

    expect(await client.next()).toMatchObject({ cmd: "pubcomp" });
    expect(await a.ping()).toMatchObject([{ qos: 1 }]);
  });

  it("ends with UNSUBSCRIBE [MQTT-3.10.4-1]", async () => {
    const broker = await TestBroker.open();
    const a = await member(broker, lasting("a"));

    a.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: [SHARED] });
    expect(await a.next()).toMatchObject({ cmd: "unsuback", granted: [0] });
    const { client } = await broker.connect({ clientId: "p" });
    client.send(aPublish({ topic: "t/x", qos: 1, messageId: 1 }));

    expect(await client.next()).toMatchObject({ cmd: "puback", reasonCode: 0x10 });
    await broker.settle();
    expect([...broker.machine.queues()].map(({ name }) => name)).toEqual(["session/a"]);
  });

  it("leaves to others what a member that does not acknowledge has no room for: 1,024 messages it may hold", async () => {
    const broker = await TestBroker.open({ options: { maximumInflight: 65_535 } });
    const silent = await member(broker, { clientId: "silent" });
    const { client: publisher } = await broker.connect({ clientId: "publisher" });

    for (let i = 1; i <= 1500; i++)
      publisher.send(aPublish({ topic: "t/x", payload: "x", qos: 1, messageId: i }));
    await publisher.take(1500);
    const held = await silent.ping();
    const { client: other } = await broker.connect({ clientId: "other" });
    other.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: SHARED, qos: 1 }] });
    const arrived = await other.ping();

    expect(held).toHaveLength(1024);
    expect(arrived.filter(({ cmd }) => cmd === "publish")).toHaveLength(476);
  });
});
