import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../../src/base/logger.ts";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker, type TestBrokerOptions } from "../../support/test-broker.ts";

/** A broker with a session of three places whose client is away, and a publisher. */
async function withAbsentee(
  whenFull: "dropNewest" | "dropOldest" | "reject",
  version: 4 | 5 = 5,
  given: TestBrokerOptions = {},
): Promise<{ broker: TestBroker; publisher: RawClient }> {
  const broker = await TestBroker.open({
    ...given,
    options: { maximumQueuedMessages: 3, whenFull, ...given.options },
  });
  const { client } = await broker.connect(lasting("absent"));
  await client.subscribe("t", { qos: 1 });
  await client.hangUp();
  await broker.settle();
  const { client: publisher } = await broker.connect({ clientId: "p" }, version);
  return { broker, publisher };
}

async function publish(client: RawClient, from: number, to: number): Promise<Packet[]> {
  for (let i = from; i <= to; i++) client.send(aPublish({ payload: String(i), qos: 1, messageId: i }));
  return client.take(to - from + 1);
}

/** What the client finds when it comes back. */
async function found(broker: TestBroker): Promise<string[]> {
  const { client } = await broker.connect(lasting("absent"));
  await broker.settle();
  return client.unread.map((packet) => String((packet as IPublishPacket).payload));
}

function reasonCodes(packets: readonly Packet[]): unknown[] {
  return packets.map((packet) => (packet as { reasonCode?: number }).reasonCode);
}

describe("a session whose queue is full", () => {
  it("goes without new messages with dropNewest: they are acknowledged and counted", async () => {
    const { broker, publisher } = await withAbsentee("dropNewest");

    const answers = await publish(publisher, 1, 5);

    expect(reasonCodes(answers)).toEqual([0, 0, 0, 0, 0]);
    expect(broker.dropped("queue_full")).toBe(2);
    expect(await found(broker)).toEqual(["1", "2", "3"]);
  });

  it("goes without its oldest with dropOldest", async () => {
    const { broker, publisher } = await withAbsentee("dropOldest");

    const answers = await publish(publisher, 1, 5);
    await broker.settle();

    expect(reasonCodes(answers)).toEqual([0, 0, 0, 0, 0]);
    expect(broker.dropped("displaced")).toBe(2);
    expect(await found(broker)).toEqual(["3", "4", "5"]);
  });

  it("has new messages refused with reject: PUBACK 0x97 with a reason (MQTT 5 §3.4.2.1)", async () => {
    const { broker, publisher } = await withAbsentee("reject");
    const { client: other } = await broker.connect({ clientId: "other" });
    await other.subscribe("t", { qos: 1 });

    const answers = await publish(publisher, 1, 4);

    expect(answers.at(-1)).toMatchObject({
      reasonCode: 0x97,
      properties: { reasonString: "a queue the message has to enter is full" },
    });
    await broker.settle();
    expect(other.unread).toHaveLength(3);
    expect(broker.dropped("refused")).toBe(1);
    expect(await found(broker)).toEqual(["1", "2", "3"]);
  });

  it("refuses QoS 2 in PUBREC (MQTT 5 §3.5.2.1)", async () => {
    const { publisher } = await withAbsentee("reject");
    await publish(publisher, 1, 3);

    publisher.send(aPublish({ payload: "4", qos: 2, messageId: 4 }));

    expect(await publisher.next()).toMatchObject({ cmd: "pubrec", reasonCode: 0x97 });
  });

  it("goes without what a client of MQTT 3.1.1 publishes: nothing can be refused there", async () => {
    const { broker, publisher } = await withAbsentee("reject", 4);
    const { client: other } = await broker.connect({ clientId: "other" });
    await other.subscribe("t", { qos: 1 });

    const answers = await publish(publisher, 1, 4);

    expect(answers.map(({ cmd }) => cmd)).toEqual(["puback", "puback", "puback", "puback"]);
    await broker.settle();
    expect(other.unread).toHaveLength(4);
    expect(broker.dropped("queue_full")).toBe(1);
  });

  it("does not have its own message refused when it does not want it [MQTT-3.8.3-3]", async () => {
    const broker = await TestBroker.open({ options: { maximumQueuedMessages: 1, whenFull: "reject" } });
    const { client } = await broker.connect(lasting("self"));
    await client.subscribe("t", { qos: 1, nl: true });
    const { client: other } = await broker.connect({ clientId: "other" });
    await publish(other, 1, 1); // stays unacknowledged

    client.send(aPublish({ payload: "2", qos: 1, messageId: 2 }));
    await broker.settle();

    expect(client.unread.at(-1)).toMatchObject({ cmd: "puback", reasonCode: 0x10 });
  });

  it("never keeps QoS 0 for a client that is away: it counts for nothing", async () => {
    const { broker, publisher } = await withAbsentee("dropNewest");

    publisher.send(aPublish({ payload: "0", qos: 0 }));
    await publish(publisher, 1, 3);

    expect(broker.dropped("receiver_offline")).toBe(1);
    expect(await found(broker)).toEqual(["1", "2", "3"]);
  });

  it("takes new messages when those at its head have expired, although its client is away", async () => {
    const { broker, publisher } = await withAbsentee("dropNewest");
    for (let i = 1; i <= 3; i++) {
      publisher.send(
        aPublish({ payload: String(i), qos: 1, messageId: i, properties: { messageExpiryInterval: 5 } }),
      );
    }
    await publisher.take(3);
    await broker.clock.advance(6_000);

    await publish(publisher, 4, 4);
    await broker.settle();
    await publish(publisher, 5, 6);

    expect([broker.dropped("queue_full"), broker.dropped("expired")]).toEqual([1, 3]);
    expect(await found(broker)).toEqual(["5", "6"]);
  });

  it("is named in one line of the log per episode, and shows what it went without", async () => {
    const lines: object[] = [];
    const queueLogger: Logger = { ...silentLogger, warn: (fields) => lines.push(fields) };
    const { broker, publisher } = await withAbsentee("dropNewest", 5, { queueLogger });

    await publish(publisher, 1, 9);
    await broker.clock.advance(30_000);
    await publish(publisher, 10, 10);
    const during = lines.length;
    await broker.clock.advance(61_000);
    await publish(publisher, 11, 11);

    expect(during).toBe(1);
    const queue = { queue: "session/absent", limit: "sessions.maximumQueuedMessages", reason: "queue_full" };
    expect(lines).toMatchObject([
      { ...queue, dropped: 1 },
      { ...queue, dropped: 8 },
    ]);
    const session = [...broker.mqtt.sessions.sessions()].find(({ id }) => id === "absent");
    expect([...(session?.dropped ?? [])]).toEqual([["queue_full", 8]]);
  });
});

describe("all sessions together", () => {
  it("keep no more than the total: the next message for any of them is dropped", async () => {
    const { broker, publisher } = await withAbsentee("dropNewest", 5, {
      totals: { maximumTotalMessages: 2 },
    });

    await publish(publisher, 1, 3);

    expect(broker.dropped("budget_full")).toBe(1);
    expect(await found(broker)).toEqual(["1", "2"]);
  });

  it("do not count what a bridge's outbox holds", async () => {
    const { broker, publisher } = await withAbsentee("dropNewest", 5, {
      totals: { maximumTotalMessages: 2 },
    });
    broker.bindQueue("other");

    for (let i = 1; i <= 3; i++)
      publisher.send(aPublish({ topic: "other", payload: "x", qos: 1, messageId: i }));
    await publisher.take(3);
    await publish(publisher, 4, 5);

    expect(broker.dropped("budget_full")).toBe(0);
  });

  it("that end with their connections share a limit in memory", async () => {
    const broker = await TestBroker.open({ totals: { maximumTransientBytes: 100 } });
    const { client: publisher } = await broker.connect({ clientId: "p" });
    for (const clientId of ["a", "b"]) {
      const { client } = await broker.connect({ clientId, properties: { receiveMaximum: 1 } });
      await client.subscribe("t", { qos: 1 });
    }

    for (let i = 1; i <= 3; i++) {
      publisher.send(aPublish({ payload: Buffer.alloc(80), qos: 1, messageId: i }));
    }
    await publisher.take(3);

    expect(broker.dropped("budget_full")).toBe(2);
    expect(broker.limits.transient.bytes).toBe(160);
  });

  it("give back what they held in memory when they end", async () => {
    const broker = await TestBroker.open();
    const { client: publisher } = await broker.connect({ clientId: "p" });
    const { client } = await broker.connect({ clientId: "a", properties: { receiveMaximum: 1 } });
    await client.subscribe("t", { qos: 1 });
    await publish(publisher, 1, 4);
    const held = broker.limits.transient.messages;

    await client.hangUp();
    await broker.settle();

    expect(held).toBe(3);
    expect([broker.limits.transient.messages, broker.limits.transient.bytes]).toEqual([0, 0]);
  });

  it("that end with their connections drop their oldest, too, with dropOldest", async () => {
    const broker = await TestBroker.open({ options: { maximumQueuedMessages: 2, whenFull: "dropOldest" } });
    const { client: publisher } = await broker.connect({ clientId: "p" });
    const { client } = await broker.connect({ clientId: "a", properties: { receiveMaximum: 1 } });
    await client.subscribe("t", { qos: 1 });

    await publish(publisher, 1, 5);
    const texts: string[] = [];
    for (let i = 0; i < 3; i++) {
      const packet = (await client.next()) as IPublishPacket;
      texts.push(String(packet.payload));
      client.send({ cmd: "puback", messageId: packet.messageId as number });
    }

    expect(texts).toEqual(["1", "4", "5"]);
    expect(broker.dropped("displaced")).toBe(2);
  });
});

describe("CONNACK", () => {
  it("tells a client of MQTT 5 what acknowledgements are worth (MQTT 5 §3.2.2.3.10)", async () => {
    const broker = await TestBroker.open({ options: { durability: "os" } });

    const { connack } = await broker.connect(lasting("a"));

    expect(connack.properties?.userProperties).toEqual({ durability: "os" });
  });

  it("leaves that out where it might make the packet too large [MQTT-3.2.2-20]", async () => {
    const broker = await TestBroker.open();

    const { connack } = await broker.connect({ clientId: "a", properties: { maximumPacketSize: 64 } });

    expect(connack).toMatchObject({ reasonCode: 0 });
    expect(connack.properties?.userProperties).toBeUndefined();
  });
});
