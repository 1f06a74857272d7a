import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { heapBytesInUse } from "../support/heap.ts";
import { MemoryStream } from "../support/memory-stream.ts";
import { aPublish } from "../support/raw-client.ts";
import { lasting, TestBroker } from "../support/test-broker.ts";
import { NASTY_TOPICS } from "./nasty-packets.ts";
import { connectPacket } from "./valid-packets.ts";

const MB = 1e6;
const SLASHES = "/".repeat(65_535);

/** Sends a packet; resolves when another client, which asked right behind it, has its answer. */
async function servesOthers(packet: Packet, options = {}): Promise<boolean> {
  const broker = await TestBroker.open({ options });
  const { client } = await broker.connect({ clientId: "hostile" });
  const bystander = await broker.connect({ clientId: "bystander" });
  client.sendBytes(generate(packet, { protocolVersion: 5 }));
  return (await bystander.client.ping()).length === 0;
}

const manyProperties = { userProperties: { a: new Array<string>(20_000).fill("b") } };
const manyFilters = Array.from({ length: 100_000 }, (_, n) => `t${n}`);

describe("one packet that holds too much", () => {
  // CVE-2021-41039: the processor's time, by many properties
  it.each<[string, Packet]>([
    ["PUBLISH with 20,000 user properties", aPublish({ properties: manyProperties })],
    [
      "SUBSCRIBE with 20,000 user properties",
      { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 0 }], properties: manyProperties },
    ],
    [
      "PUBACK with 20,000 user properties",
      { cmd: "puback", messageId: 1, reasonCode: 0, properties: manyProperties },
    ],
    [
      "DISCONNECT with 20,000 user properties",
      { cmd: "disconnect", reasonCode: 0, properties: manyProperties },
    ],
    [
      "SUBSCRIBE with 100,000 filters",
      { cmd: "subscribe", messageId: 1, subscriptions: manyFilters.map((topic) => ({ topic, qos: 0 })) },
    ],
    ["UNSUBSCRIBE with 100,000 filters", { cmd: "unsubscribe", messageId: 1, unsubscriptions: manyFilters }],
  ])("ends the connection with 0x97 and leaves the others served: %s", async (_, packet) => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    client.send(packet);

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x97 }]);
    expect(await servesOthers(packet)).toBe(true);
  });

  it("ends the connection without a word when it is CONNECT", async () => {
    const { client } = (await TestBroker.open({})).dial();

    client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clientId: "a",
      properties: { userProperties: { a: new Array<string>(5000).fill("b") } },
    });

    expect(await client.rest()).toEqual([]);
  });

  // CVE-2019-11779, GHSA-xxqp-5qx8-gj5q: a stack that overflows
  it.each<[string, Packet]>([
    ["PUBLISH", aPublish({ topic: SLASHES })],
    ["PUBLISH with RETAIN", aPublish({ topic: SLASHES, retain: true })],
    ["SUBSCRIBE", { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: SLASHES, qos: 0 }] }],
    [
      "SUBSCRIBE with a wildcard at every level",
      { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "+/".repeat(32_767), qos: 0 }] },
    ],
    [
      "a shared SUBSCRIBE",
      {
        cmd: "subscribe",
        messageId: 1,
        subscriptions: [{ topic: `$share/g/${"+/".repeat(32_000)}`, qos: 0 }],
      },
    ],
    ["UNSUBSCRIBE", { cmd: "unsubscribe", messageId: 1, unsubscriptions: [SLASHES] }],
  ])(
    "leaves the others served although its topic has 65,536 levels, even where they are allowed: %s",
    async (_, packet) => {
      expect(await servesOthers(packet)).toBe(true);
      expect(await servesOthers(packet, { maximumTopicLevels: 65_535 })).toBe(true);
    },
  );

  it("is refused with 0x90 as the will of a CONNECT", async () => {
    const { connack } = await (await TestBroker.open()).connect({
      will: { topic: SLASHES.slice(0, 30_000), payload: Buffer.from(""), qos: 0, retain: true },
    });

    expect(connack).toMatchObject({ reasonCode: 0x90 });
  });

  it("matches deep topics against deep filters, where they are allowed", async () => {
    const broker = await TestBroker.open({ options: { maximumTopicLevels: 65_535 } });
    const { client } = await broker.connect();
    const levels = 5000;
    for (const filter of [
      "#",
      `${"+/".repeat(levels)}+`,
      `${"a/".repeat(levels)}#`,
      `+/${"a/".repeat(levels)}b`,
    ]) {
      await client.subscribe(filter);
    }

    client.send(aPublish({ topic: `${"a/".repeat(levels)}a` }));

    expect(await client.next()).toMatchObject({ cmd: "publish" });
  });
});

describe("a flood", () => {
  // CVE-2023-28366, GHSA-5jvp-3p2v-5qgf
  it("of QoS 2 in one chunk without PUBREL ends at the Receive Maximum [MQTT-3.3.4-7]", async () => {
    const broker = await TestBroker.open({ options: { receiveMaximum: 100 } });
    const { client } = await broker.connect(lasting("flood"));
    const all = Array.from({ length: 65_535 }, (_, n) => aPublish({ topic: "t", qos: 2, messageId: n + 1 }));

    client.sendBytes(Buffer.concat(all.map((packet) => generate(packet, { protocolVersion: 5 }))));

    expect((await client.rest()).at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
    expect(broker.counters.messagesReceived[2]).toBe(101);
  });

  it("of QoS 2 without PUBREL costs a client of MQTT 3.1.1 no more than its 65,535 packet ids", async () => {
    const broker = await TestBroker.open();
    let answered = 0;
    const stream = new MemoryStream((bytes) => {
      answered += bytes.length;
    });
    broker.mqtt.accept(stream);
    stream.arrive(connectPacket(4));
    const bytes = Buffer.concat(
      Array.from({ length: 65_535 }, (_, n) => generate(aPublish({ topic: "t", qos: 2, messageId: n + 1 }))),
    );
    const flood = async (): Promise<void> => {
      const until = answered + 65_535 * 4;
      stream.arrive(bytes);
      while (answered < until) await new Promise((resolve) => setImmediate(resolve));
    };
    await flood();
    const before = heapBytesInUse();

    for (let times = 0; times < 5; times++) await flood();

    expect(heapBytesInUse() - before).toBeLessThan(4 * MB);
  });

  // CVE-2023-3592 and its like: what a CONNECT that is refused leaves behind
  it("of 100,000 malformed CONNECTs leaves the heap as it was", async () => {
    const broker = await TestBroker.open();
    const malformed = [
      "100c00044d5154540500000000003f",
      "101000044d5154540502000000000003ff6e65",
      "101a00044d5154540506000000000161050100026161000161000162",
      "101800044d51545405060000000000000603010a18000000050000",
    ].map((hex) => Buffer.from(hex, "hex"));
    const flood = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) {
        const stream = new MemoryStream(() => {});
        broker.mqtt.accept(stream);
        stream.arrive(malformed[n % malformed.length] as Buffer);
        if (n % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await broker.settle();
    };
    await flood(2000);
    const before = heapBytesInUse();

    await flood(100_000);

    expect(heapBytesInUse() - before).toBeLessThan(4 * MB);
    expect(broker.mqtt.connectionCount).toBe(0);
    expect(broker.mqtt.sessions.count).toBe(0);
  });

  it("of subscriptions and the names that hurt others leaves no subscription behind", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    for (const topic of NASTY_TOPICS) await client.subscribe(topic);
    await client.hangUp();
    await broker.settle();

    expect(broker.router.subscriptionCount).toBe(0);
  });

  it("to a subscriber that stops reading slows nobody else and stays within bounds", async () => {
    const broker = await TestBroker.open({ options: { maximumQueuedMessages: 1000 } });
    const stalled = await broker.connect(lasting("stalled"));
    await stalled.client.subscribe("t", { qos: 1 });
    const awake = await broker.connect({ clientId: "awake" });
    await awake.client.subscribe("t");
    const publisher = await broker.connect({ clientId: "publisher" });
    const payload = Buffer.alloc(10_000, "x");
    const burst = async (): Promise<number> => {
      publisher.client.send(
        ...Array.from({ length: 50 }, (_, n) => aPublish({ topic: "t", payload, qos: 1, messageId: n + 1 })),
      );
      await publisher.client.take(50);
      return (await awake.client.take(50)).length;
    };
    stalled.stream.stall();
    for (let n = 0; n < 40; n++) await burst();
    const before = heapBytesInUse() + process.memoryUsage().arrayBuffers;

    let received = 0;
    for (let n = 0; n < 40; n++) received += await burst();

    expect(received).toBe(2000);
    expect(broker.dropped("queue_full")).toBeGreaterThan(500);
    expect(heapBytesInUse() + process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MB);
  });
});
