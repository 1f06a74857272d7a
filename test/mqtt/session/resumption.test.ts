import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

async function publisherOf(broker: TestBroker): Promise<RawClient> {
  const { client } = await broker.connect(lasting("publisher"));
  return client;
}

async function publish(client: RawClient, payload: string, qos: 1 | 2, messageId: number): Promise<void> {
  client.send(aPublish({ payload, qos, messageId }));
  expect(await client.next()).toMatchObject({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
}

function text(packet: Packet): string {
  return String((packet as IPublishPacket).payload);
}

function idOf(packet: Packet): number {
  return packet.messageId as number;
}

describe("a session", () => {
  it("ends with its connection when its expiry interval is 0 (MQTT 5 §3.1.2.11.2)", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a", true, 0));
    await client.subscribe("t");
    await client.disconnect();
    await broker.settle();

    const again = await broker.connect(lasting("a"));

    expect(again.connack.sessionPresent).toBe(false);
  });

  it("waits for its client as long as its expiry interval says [MQTT-3.1.2-23]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a", true, 10));
    await client.hangUp();
    await broker.clock.advance(8_000);
    const again = await broker.connect(lasting("a", false, 10));
    expect(again.connack.sessionPresent).toBe(true);
    await again.client.hangUp();

    await broker.clock.advance(13_000);

    expect((await broker.connect(lasting("a"))).connack.sessionPresent).toBe(false);
  });

  it("that expired while no broker ran is not resumed [MQTT-4.1.0-2]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a", true, 10));
    await client.hangUp();
    await broker.settle();
    broker.store.kill();
    broker.journal.close();
    await broker.clock.advance(13_000);

    const restarted = await broker.crash();

    expect((await restarted.connect(lasting("a"))).connack.sessionPresent).toBe(false);
  });

  it("ends as DISCONNECT says (MQTT 5 §3.14.2.2.2)", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));

    await client.disconnect(0, { sessionExpiryInterval: 0 });
    await broker.settle();

    expect(broker.disk.clients.size).toBe(0);
    expect((await broker.connect(lasting("a"))).connack.sessionPresent).toBe(false);
  });

  it("that was to end with its connection cannot be prolonged by DISCONNECT (MQTT 5 §3.14.2.2.2)", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({ clientId: "a" });

    client.send({ cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 10 } });

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x82 }]);
  });

  it("is told when its expiry interval is capped (MQTT 5 §3.2.2.3.2)", async () => {
    const broker = await TestBroker.open({ options: { sessionExpiryMaximum: 60 } });

    const { connack } = await broker.connect(lasting("a", true, 3600));

    expect(connack.properties?.sessionExpiryInterval).toBe(60);
  });

  it("whose expiry interval was capped to 0 may still name one in DISCONNECT, to no effect", async () => {
    const broker = await TestBroker.open({ options: { sessionExpiryMaximum: 0 } });
    const { client } = await broker.connect(lasting("a"));

    client.send({ cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 10 } });

    expect(await client.rest()).toEqual([]);
    expect(broker.mqtt.sessions.count).toBe(0);
  });

  it("of MQTT 3.1.1 without Clean Session is kept, and Session Present says so [MQTT3-3.2.2-2]", async () => {
    const broker = await TestBroker.open();
    const first = await broker.connect({ clientId: "a", clean: false }, 4);
    await first.client.subscribe("t", { qos: 1 });
    await first.client.disconnect();

    const second = await broker.connect({ clientId: "a", clean: false }, 4);

    expect(first.connack.sessionPresent).toBe(false);
    expect(second.connack.sessionPresent).toBe(true);
  });

  it("gets what was published meanwhile, in order [MQTT-4.6.0-6]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 1 });
    await client.disconnect();
    const publisher = await publisherOf(broker);
    for (let i = 1; i <= 5; i++) await publish(publisher, String(i), 1, i);

    const again = await broker.connect(lasting("a"));

    expect((await again.client.take(5)).map(text)).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("gets unacknowledged messages again with DUP, their packet ids and their order [MQTT-4.4.0-1]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    const publisher = await publisherOf(broker);
    await publish(publisher, "1", 1, 1);
    await publish(publisher, "2", 1, 2);
    await publish(publisher, "3", 2, 3);
    const sent = await client.take(3);
    client.send({ cmd: "puback", messageId: idOf(sent[0] as Packet) });
    await client.ping();
    await client.hangUp();

    const again = await broker.connect(lasting("a"));
    const resent = await again.client.take(2);

    expect(resent.map(text)).toEqual(["2", "3"]);
    expect(resent.map(idOf)).toEqual(sent.slice(1).map(idOf));
    expect(resent).toMatchObject([{ dup: true }, { dup: true }]);
  });

  it("sends messages that never went out without DUP", async () => {
    const broker = await TestBroker.open();
    const options = lasting("a");
    const { client } = await broker.connect({
      ...options,
      properties: { ...options.properties, receiveMaximum: 1 },
    });
    await client.subscribe("t", { qos: 1 });
    const publisher = await publisherOf(broker);
    await publish(publisher, "1", 1, 1);
    await publish(publisher, "2", 1, 2);
    await client.next();
    await client.hangUp();

    const again = await broker.connect(lasting("a"));

    expect(await again.client.take(2)).toMatchObject([{ dup: true }, { dup: false }]);
  });

  it("goes on after a crash with its subscriptions, its queue and its packet ids", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    const publisher = await publisherOf(broker);
    await publish(publisher, "1", 2, 1);
    await publish(publisher, "2", 2, 2);
    const sent = await client.take(2);

    const restarted = await broker.crash();
    const again = await restarted.connect(lasting("a"));
    const resent = await again.client.take(2);

    expect(again.connack.sessionPresent).toBe(true);
    expect(resent.map(idOf)).toEqual(sent.map(idOf));
    expect(resent).toMatchObject([{ dup: true }, { dup: true }]);
    const other = await publisherOf(restarted);
    await publish(other, "3", 1, 3);
    expect(text(await again.client.next())).toBe("3");
  });
});

describe("QoS 2 to a client", () => {
  it("goes on with PUBREL after a reconnection once PUBREC came [MQTT-4.3.3-6]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    await publish(await publisherOf(broker), "1", 2, 1);
    const messageId = idOf(await client.next());
    client.send({ cmd: "pubrec", messageId });
    expect(await client.next()).toMatchObject({ cmd: "pubrel", messageId });
    await client.hangUp();

    const again = await broker.connect(lasting("a"));
    expect(await again.client.next()).toMatchObject({ cmd: "pubrel", messageId });
    again.client.send({ cmd: "pubcomp", messageId });
    await again.client.ping();
    await again.client.hangUp();

    const third = await broker.connect(lasting("a"));
    expect(await third.client.ping()).toEqual([]);
  });

  it("goes on with PUBREL after a crash once PUBREC came [MQTT-4.3.3-6]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    await publish(await publisherOf(broker), "1", 2, 1);
    const messageId = idOf(await client.next());
    client.send({ cmd: "pubrec", messageId });
    expect(await client.next()).toMatchObject({ cmd: "pubrel", messageId });

    const restarted = await broker.crash();
    const again = await restarted.connect(lasting("a"));

    expect(await again.client.next()).toMatchObject({ cmd: "pubrel", messageId });
    expect(await again.client.ping()).toEqual([]);
  });

  it("sends PUBREL only when the PUBREC is on disk", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    await publish(await publisherOf(broker), "1", 2, 1);
    const messageId = idOf(await client.next());

    broker.store.hold();
    client.send({ cmd: "pubrec", messageId });
    await broker.settle();
    expect(await client.ping()).toEqual([]);
    broker.store.release();

    expect(await client.next()).toMatchObject({ cmd: "pubrel", messageId });
  });

  it("leaves only when the message is on disk", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    const publisher = await publisherOf(broker);

    broker.store.hold();
    publisher.send(aPublish({ qos: 2, messageId: 1 }));
    await broker.settle();
    expect(await client.ping()).toEqual([]);
    broker.store.release();

    expect(await client.next()).toMatchObject({ cmd: "publish", qos: 2 });
  });

  it("answers a repeated PUBREC with PUBREL again, and one of an unknown id with 0x92 [MQTT-4.3.3-4]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    await publish(await publisherOf(broker), "1", 2, 1);
    const messageId = idOf(await client.next());

    client.send({ cmd: "pubrec", messageId });
    await client.next();
    client.send({ cmd: "pubrec", messageId }, { cmd: "pubrec", messageId: 999 });

    expect(await client.take(2)).toMatchObject([
      { cmd: "pubrel", messageId },
      { cmd: "pubrel", messageId: 999, reasonCode: 0x92 },
    ]);
  });

  it("ends with a PUBREC that refuses it (MQTT 5 §4.3.3)", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(lasting("a"));
    await client.subscribe("t", { qos: 2 });
    await publish(await publisherOf(broker), "1", 2, 1);
    const messageId = idOf(await client.next());

    client.send({ cmd: "pubrec", messageId, reasonCode: 0x97 });

    expect(await client.ping()).toEqual([]);
    await broker.settle();
    expect(broker.machine.session("a" as never)?.queue.count).toBe(0);
  });
});

describe("QoS 2 from a client", () => {
  async function receiverOf(broker: TestBroker): Promise<RawClient> {
    const { client } = await broker.connect({ clientId: "receiver" });
    await client.subscribe("t", { qos: 0 });
    return client;
  }

  it("is delivered once when PUBLISH is repeated over the same connection [MQTT-4.3.3-10]", async () => {
    const broker = await TestBroker.open();
    const receiver = await receiverOf(broker);
    const client = await publisherOf(broker);

    await publish(client, "1", 2, 7);
    client.send(aPublish({ payload: "1", qos: 2, messageId: 7, dup: true }));

    expect(await client.next()).toMatchObject({ cmd: "pubrec", messageId: 7 });
    expect((await receiver.ping()).map(text)).toEqual(["1"]);
  });

  it("is delivered once when PUBLISH is repeated after a reconnection [MQTT-4.3.3-10]", async () => {
    const broker = await TestBroker.open();
    const receiver = await receiverOf(broker);
    const client = await publisherOf(broker);
    await publish(client, "1", 2, 7);
    await client.hangUp();

    const again = await publisherOf(broker);
    again.send(aPublish({ payload: "1", qos: 2, messageId: 7, dup: true }));

    expect(await again.next()).toMatchObject({ cmd: "pubrec", messageId: 7 });
    expect((await receiver.ping()).map(text)).toEqual(["1"]);
  });

  it("is delivered once when PUBLISH is repeated after a crash, and its id is free after PUBREL", async () => {
    const broker = await TestBroker.open();
    const client = await publisherOf(broker);
    await publish(client, "1", 2, 7);

    const restarted = await broker.crash();
    const receiver = await receiverOf(restarted);
    const again = await publisherOf(restarted);
    await publish(again, "1", 2, 7);
    again.send({ cmd: "pubrel", messageId: 7 });
    expect(await again.next()).toMatchObject({ cmd: "pubcomp", messageId: 7, reasonCode: 0 });
    await publish(again, "2", 2, 7);

    expect((await receiver.ping()).map(text)).toEqual(["2"]);
  });

  it("is lost neither nor doubled when the broker dies before the message was on disk", async () => {
    const broker = await TestBroker.open();
    const client = await publisherOf(broker);
    const durable = await broker.connect(lasting("durable"));
    await durable.client.subscribe("t", { qos: 2 });
    broker.store.hold();
    client.send(aPublish({ payload: "1", qos: 2, messageId: 7 }));
    await broker.settle();
    expect(client.unread).toEqual([]);

    const restarted = await broker.crash();
    const again = await publisherOf(restarted);
    await publish(again, "1", 2, 7);
    const reader = await restarted.connect(lasting("durable"));

    expect(text(await reader.client.next())).toBe("1");
    expect(await reader.client.ping()).toEqual([]);
  });

  it("answers PUBREL of an id it has released already with a plain PUBCOMP [MQTT-4.3.3-11]", async () => {
    const broker = await TestBroker.open();
    const five = await broker.connect({ clientId: "five" });
    const four = await broker.connect({ clientId: "four" }, 4);

    five.client.send({ cmd: "pubrel", messageId: 9 });
    four.client.send({ cmd: "pubrel", messageId: 9 });

    expect(await five.client.next()).toMatchObject({ cmd: "pubcomp", messageId: 9, reasonCode: 0 });
    expect(await four.client.next()).toMatchObject({ cmd: "pubcomp", messageId: 9 });
  });

  it("leaves a resumed publisher its whole Receive Maximum, whatever it has not released (MQTT 5 §4.9)", async () => {
    const broker = await TestBroker.open({ options: { receiveMaximum: 2 } });
    const before = await publisherOf(broker);
    await publish(before, "1", 2, 1);
    await publish(before, "2", 2, 2);
    await before.hangUp();

    const { client } = await broker.connect(lasting("publisher"));

    await publish(client, "3", 2, 3);
    await publish(client, "4", 2, 4);
    client.send(aPublish({ payload: "5", qos: 2, messageId: 5 }));
    expect(await client.next()).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
  });

  it("completes only when the free id is on disk", async () => {
    const broker = await TestBroker.open();
    const client = await publisherOf(broker);
    await publish(client, "1", 2, 7);

    broker.store.hold();
    client.send({ cmd: "pubrel", messageId: 7 });
    await broker.settle();
    expect(await client.ping()).toEqual([]);
    broker.store.release();

    expect(await client.next()).toMatchObject({ cmd: "pubcomp", messageId: 7 });
  });

  it("expires in its turn when very many do at the same moment", async () => {
    const broker = await TestBroker.open();
    for (let i = 0; i < 350; i++) {
      const { client } = await broker.connect(lasting(`s${i}`, true, 10));
      client.send({ cmd: "disconnect" });
    }
    await broker.settle();

    await broker.clock.advance(12_000);
    await broker.settle();

    expect(broker.mqtt.sessions.count).toBe(0);
    expect(broker.counters.sessionsExpired).toBe(350);
  });

  it("that was connected when the broker was killed is noted as left, a slice at a time, unless it is back", async () => {
    const before = await TestBroker.open();
    for (let i = 0; i < 1_500; i++) await before.connect(lasting(`s${i}`, true, 3600));

    const broker = await before.crash();
    await broker.connect(lasting("s0"));
    await broker.clock.advance(0);
    await broker.settle();

    const left = [...broker.machine.sessions()].filter(({ disconnectedAt }) => disconnectedAt !== 0);
    expect(left).toHaveLength(1_499);
    expect(broker.machine.session("s0" as never)?.disconnectedAt).toBe(0);
  });
});
