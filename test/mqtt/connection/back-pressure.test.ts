import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type TopicName, toClientId } from "../../../src/base/ids.ts";
import type { MessageProperties } from "../../../src/base/message.ts";
import { toTopicName } from "../../../src/base/topic-name.ts";
import type { QueuePolicy } from "../../../src/state/queue-overflow.ts";
import { MemoryStream } from "../../support/memory-stream.ts";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

const MIB = 1024 * 1024;

function numbered(from: number, to: number, qos: 0 | 1 | 2): Packet[] {
  return Array.from({ length: to - from + 1 }, (_, i) =>
    aPublish({ payload: String(from + i), qos, ...(qos > 0 && { messageId: from + i }) }),
  );
}

function texts(packets: readonly Packet[]): string[] {
  return packets.map((packet) => String((packet as IPublishPacket).payload));
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

async function receiverOf(broker: TestBroker, qos: 0 | 1 | 2 = 0): Promise<RawClient> {
  const { client } = await broker.connect({ clientId: "receiver" });
  await client.subscribe("t", { qos });
  return client;
}

describe("PUBACK", () => {
  it("never leaves before the message is on disk, and leaves in order (MQTT 5 §4.6)", async () => {
    const broker = await TestBroker.open();
    const durable = await broker.connect(lasting("durable"));
    await durable.client.subscribe("kept", { qos: 1 });
    const { client } = await broker.connect({ clientId: "p" });

    broker.store.hold();
    client.send(
      aPublish({ topic: "kept", qos: 1, messageId: 1 }),
      aPublish({ topic: "nobody", qos: 1, messageId: 2 }),
      aPublish({ topic: "kept", qos: 1, messageId: 3 }),
    );
    await broker.settle();
    expect(await client.ping()).toEqual([]);
    expect(broker.disk.entries.size).toBe(0);
    broker.store.release();

    const acks = await client.take(3);
    expect(acks.map(({ messageId }) => messageId)).toEqual([1, 2, 3]);
    expect(acks).toMatchObject([{ reasonCode: 0 }, { reasonCode: 0x10 }, { reasonCode: 0 }]);
  });

  it("for a retained message waits for the disk although nobody subscribes", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    broker.store.hold();
    client.send(aPublish({ qos: 1, messageId: 1, retain: true }));
    await broker.settle();
    expect(await client.ping()).toEqual([]);
    broker.store.release();

    expect(await client.next()).toMatchObject({ cmd: "puback", messageId: 1 });
  });
});

describe("a publisher", () => {
  it("that exceeds the broker's Receive Maximum is disconnected with 0x93 [MQTT-3.3.4-7]", async () => {
    const broker = await TestBroker.open({ options: { receiveMaximum: 3 } });
    const { client } = await broker.connect();

    client.send(...numbered(1, 4, 2));

    const rest = await client.rest();
    expect(rest.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
  });

  it("may send as many as Receive Maximum allows, again and again (MQTT 5 §4.9)", async () => {
    const broker = await TestBroker.open({ options: { receiveMaximum: 3 } });
    const durable = await broker.connect(lasting("durable"));
    await durable.client.subscribe("t", { qos: 1 });
    const { client } = await broker.connect({ clientId: "p" });

    for (let round = 0; round < 3; round++) {
      client.send(...numbered(1, 3, 2));
      await client.take(3);
      for (const messageId of [1, 2, 3]) client.send({ cmd: "pubrel", messageId });
      await client.take(3);
      client.send(...numbered(1, 3, 1));
      expect(await client.take(3)).toMatchObject([{ cmd: "puback" }, { cmd: "puback" }, { cmd: "puback" }]);
    }
  });

  it("of MQTT 3.1.1 is read no further than receiveMaximum unanswered messages, and loses none", async () => {
    const broker = await TestBroker.open({ options: { receiveMaximum: 4 } });
    const durable = await broker.connect(lasting("durable"));
    await durable.client.subscribe("t", { qos: 1 });
    const { client, stream } = await broker.connect({ clientId: "p" }, 4);

    broker.store.hold();
    client.send(...numbered(1, 100, 1));
    await broker.settle();
    expect(stream.isReading).toBe(false);
    expect(broker.machine.session("durable" as never)?.queue.count).toBe(4);
    broker.store.release();

    const acks = await client.take(100);
    expect(acks.map(({ messageId }) => String(messageId))).toEqual(numbers(1, 100));
    expect(texts(await durable.client.take(100))).toEqual(numbers(1, 100));
  });

  it.each([0, 1, 2] as const)("of QoS %i is not read while the store is far behind", async (qos) => {
    const broker = await TestBroker.open();
    const { client, stream } = await broker.connect();
    const receiver = await receiverOf(broker, qos);
    const large = Buffer.alloc(MIB - 100, 1);

    broker.store.hold();
    for (let i = 1; i <= 40; i++) {
      const topic = `large/${i}`;
      client.send(aPublish({ topic, payload: large, retain: true, qos, ...(qos > 0 && { messageId: i }) }));
    }
    client.send(aPublish({ payload: "last", qos, ...(qos > 0 && { messageId: 41 }) }));
    await broker.settle();
    expect(stream.isReading).toBe(false);
    expect(broker.store.openBytes).toBeLessThan(40 * MIB);
    expect(receiver.unread).toEqual([]);
    broker.store.release();

    expect(texts([await receiver.next()])).toEqual(["last"]);
    expect(stream.isReading).toBe(true);
  });

  it("of QoS 0 that nothing durable comes of is read although the store is far behind", async () => {
    const broker = await TestBroker.open();
    const receiver = await receiverOf(broker);
    const other = await broker.connect({ clientId: "other" });
    const { client } = await broker.connect({ clientId: "p" });
    broker.store.hold();
    const payload = Buffer.alloc(MIB - 100, 1);
    for (let i = 1; i <= 40; i++) {
      other.client.send(aPublish({ topic: `large/${i}`, payload, retain: true, qos: 1, messageId: i }));
    }
    await broker.settle();

    client.send(...numbered(1, 3, 0));

    expect(texts(await receiver.take(3))).toEqual(["1", "2", "3"]);
    broker.store.release();
  });

  it("is held up by a full outbox that blocks, and goes on in order when there is room", async () => {
    const broker = await TestBroker.open();
    const queue = broker.bindQueue("t", { maximumMessages: 2, whenFull: "block" });
    const receiver = await receiverOf(broker);
    queue.attach({ committedOnly: true, ready() {} });
    const { client, stream } = await broker.connect({ clientId: "p" });

    client.send(...numbered(1, 5, 1));
    expect(await client.take(2)).toMatchObject([{ messageId: 1 }, { messageId: 2 }]);
    await broker.settle();
    expect(stream.isReading).toBe(false);
    expect(client.unread).toEqual([]);
    while (client.unread.length < 3) {
      const entry = queue.take();
      if (entry !== undefined) broker.journal.append({ type: "settle", queue, seq: entry.seq });
      await broker.settle();
    }

    expect((await client.take(3)).map(({ messageId }) => messageId)).toEqual([3, 4, 5]);
    expect(texts(await receiver.take(5))).toEqual(numbers(1, 5));
    expect(stream.isReading).toBe(true);
  });

  it("is answered with 0x97 by a full outbox that rejects; one of MQTT 3.1.1 is held up", async () => {
    const broker = await TestBroker.open();
    broker.bindQueue("t", { maximumMessages: 1, whenFull: "reject" });
    const five = await broker.connect({ clientId: "five" });
    const four = await broker.connect({ clientId: "four" }, 4);

    five.client.send(...numbered(1, 2, 1));
    expect(await five.client.take(2)).toMatchObject([{ reasonCode: 0 }, { reasonCode: 0x97 }]);
    four.client.send(...numbered(1, 1, 1));
    await broker.settle();

    expect(four.client.unread).toEqual([]);
    expect(four.stream.isReading).toBe(false);
  });

  it("loses no message to a full outbox that drops: it is counted and acknowledged", async () => {
    const broker = await TestBroker.open();
    let missed = 0;
    const policy: Partial<QueuePolicy> = {
      maximumMessages: 1,
      whenFull: "dropNewest",
      missed: () => missed++,
    };
    broker.bindQueue("t", policy);
    const { client } = await broker.connect();

    client.send(...numbered(1, 3, 1));

    expect(await client.take(3)).toMatchObject([{ reasonCode: 0 }, { reasonCode: 0 }, { reasonCode: 0 }]);
    expect(missed).toBe(2);
  });

  it("is not timed out by Keep Alive while the broker does not read it", async () => {
    const broker = await TestBroker.open();
    const queue = broker.bindQueue("t", { maximumMessages: 1, whenFull: "block" });
    queue.attach({ committedOnly: true, ready() {} });
    const { client } = await broker.connect({ keepalive: 10 });
    client.send(...numbered(1, 2, 1));
    await client.next();
    await broker.clock.advance(60_000);

    await broker.settle();
    const entry = queue.take();
    broker.journal.append({ type: "settle", queue, seq: entry?.seq as number });

    expect(await client.next()).toMatchObject({ messageId: 2 });
    await broker.clock.advance(2_000);
    expect(await client.ping()).toEqual([]);
  });

  it("that reads none of its answers is not read either, and goes on where it stopped", async () => {
    const broker = await TestBroker.open();
    let answeredBytes = 0;
    const stream = new MemoryStream((bytes) => {
      answeredBytes += bytes.length;
    });
    broker.mqtt.accept(stream);
    stream.arrive(Buffer.from("100d00044d515454040200000001 61".replace(" ", ""), "hex"));
    const pings = Buffer.alloc(MIB, Buffer.from([0xc0, 0x00]));

    stream.stall();
    for (let i = 0; i < 20; i++) stream.arrive(pings);
    await broker.settle();
    expect(stream.isReading).toBe(false);
    expect(stream.bufferedBytes).toBeLessThan(18 * MIB);
    expect(stream.unreadChunks).toBeGreaterThan(0);
    stream.unstall();
    await broker.settle();

    expect(stream.isReading).toBe(true);
    expect(stream.unreadChunks).toBe(0);
    expect(answeredBytes).toBe(4 + 20 * MIB);
  });
});

describe("a slow receiver", () => {
  it("goes without QoS 0, counted, while others get everything, in bounded memory", async () => {
    const broker = await TestBroker.open();
    const slow = await broker.connect({ clientId: "slow" });
    await slow.client.subscribe("t");
    const quick = await receiverOf(broker);
    const { client } = await broker.connect({ clientId: "p" });
    const payload = Buffer.alloc(MIB - 100, 1);

    slow.stream.stall();
    for (let i = 0; i < 20; i++) client.send(aPublish({ payload }));
    const received = await quick.take(20);
    await broker.settle();

    expect(received).toHaveLength(20);
    expect(slow.stream.bufferedBytes).toBeLessThan(10 * MIB);
    slow.stream.unstall();
    const arrived = await slow.client.ping();
    expect(arrived.length).toBeGreaterThanOrEqual(8);
    expect(arrived.length + broker.dropped("slow_receiver")).toBe(20);
  });

  it.each([
    ["a session that lasts", lasting("slow")],
    ["a session that ends with it", { clientId: "slow" }],
  ])("with %s gets QoS 1 later, all of it and in order", async (_, options) => {
    const broker = await TestBroker.open({ options: { maximumQueuedBytes: 100 * MIB } });
    const slow = await broker.connect(options);
    await slow.client.subscribe("t", { qos: 1 });
    const { client } = await broker.connect({ clientId: "p" });
    const padding = "x".repeat(MIB - 200);

    slow.stream.stall();
    for (let i = 1; i <= 20; i++) {
      client.send(aPublish({ payload: `${i}:${padding}`, qos: 1, messageId: i }));
    }
    await client.take(20);
    expect(slow.stream.bufferedBytes).toBeLessThan(10 * MIB);
    slow.stream.unstall();

    const arrived: string[] = [];
    while (arrived.length < 20) {
      const packet = (await slow.client.next()) as IPublishPacket;
      arrived.push(String(packet.payload).split(":")[0] as string);
      slow.client.send({ cmd: "puback", messageId: packet.messageId as number });
    }
    expect(arrived).toEqual(numbers(1, 20));
  });
});

describe("a receiver", () => {
  it.each([
    ["lasting", lasting("r")],
    ["transient", { clientId: "r" }],
  ])(
    "of a %s session gets no more unacknowledged messages than its Receive Maximum [MQTT-3.3.4-9]",
    async (_, options) => {
      const broker = await TestBroker.open();
      const receiver = await broker.connect({
        ...options,
        properties: { ...("properties" in options && options.properties), receiveMaximum: 2 },
      });
      await receiver.client.subscribe("t", { qos: 2 });
      const { client } = await broker.connect({ clientId: "p" });
      client.send(...numbered(1, 2, 1), ...numbered(3, 4, 2));
      await client.take(4);

      const first = await receiver.client.ping();
      expect(texts(first)).toEqual(["1", "2"]);
      receiver.client.send({ cmd: "puback", messageId: first[1]?.messageId as number });
      const [third] = await receiver.client.take(1);
      expect(texts([third as Packet])).toEqual(["3"]);
      receiver.client.send({ cmd: "pubrec", messageId: third?.messageId as number });
      expect(await receiver.client.next()).toMatchObject({ cmd: "pubrel" });
      await broker.settle();
      expect(await receiver.client.ping()).toEqual([]);
      receiver.client.send({ cmd: "pubcomp", messageId: third?.messageId as number });

      expect(texts([await receiver.client.next()])).toEqual(["4"]);
    },
  );

  it("never gets a packet above its Maximum Packet Size; it counts as delivered [MQTT-3.1.2-24], [MQTT-3.1.2-25]", async () => {
    const broker = await TestBroker.open();
    const options = lasting("r");
    const receiver = await broker.connect({
      ...options,
      properties: { ...options.properties, maximumPacketSize: 60 },
    });
    await receiver.client.subscribe("t", { qos: 1 });
    const { client } = await broker.connect({ clientId: "p" });

    client.send(
      aPublish({ payload: "x".repeat(100), qos: 1, messageId: 1 }),
      aPublish({ payload: "y".repeat(100) }),
    );
    client.send(aPublish({ payload: "small", qos: 1, messageId: 2 }));

    expect(texts([await receiver.client.next()])).toEqual(["small"]);
    await broker.settle();
    expect(broker.dropped("packet_too_large")).toBe(2);
    expect(broker.machine.session("r" as never)?.queue.count).toBe(1);
  });

  it("that fails while it is written to ends alone: the publisher and others go on", async () => {
    const broker = await TestBroker.open();
    const five = await broker.connect({ clientId: "five" });
    await five.client.subscribe("t");
    const four = await broker.connect({ clientId: "four" }, 4);
    await four.client.subscribe("t");
    const message = {
      topicName: toTopicName("t") as TopicName,
      payload: Buffer.from("x"),
      qos: 0,
      retain: false,
      properties: {} as MessageProperties, // cannot be written
      publisherId: toClientId("p"),
      receivedAt: 0,
      expiresAt: 0,
      envelope: undefined,
    } as const;

    broker.router.route(message);

    expect(texts([await four.client.next()])).toEqual(["x"]);
    expect(await five.client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x83 }]);
  });
});
