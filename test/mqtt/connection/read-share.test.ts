import { describe, expect, it } from "vitest";
import { aPublish, memoryClient } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

const KIB = 1024;

describe("a client that sends as fast as it can", () => {
  it("is not read on before others had their turn, and loses nothing", async () => {
    const broker = await TestBroker.open();
    const { client: subscriber } = await broker.connect({ clientId: "subscriber" });
    await subscriber.subscribe("t/#");
    const fast = await broker.connect({ clientId: "fast" });
    const other = await broker.connect({ clientId: "other" });

    for (let i = 0; i < 20; i++)
      fast.client.send(aPublish({ topic: "t/fast", payload: "x".repeat(60 * KIB) }));
    other.client.send(aPublish({ topic: "t/other" }));
    const topics = (await subscriber.take(21)).map((packet) => (packet as { topic: string }).topic);

    expect(topics.indexOf("t/other")).toBeLessThan(11);
    expect(topics.filter((topic) => topic === "t/fast")).toHaveLength(20);
  });

  it("is not read on for long when its packets are small", async () => {
    const broker = await TestBroker.open();
    const { client: subscriber } = await broker.connect({ clientId: "subscriber" });
    await subscriber.subscribe("t/#");
    const fast = await broker.connect({ clientId: "fast" });
    const other = await broker.connect({ clientId: "other" });

    for (let i = 0; i < 4_000; i++) fast.client.send(aPublish({ topic: "t/fast" }));
    other.client.send(aPublish({ topic: "t/other" }));
    const topics = (await subscriber.take(4_001)).map((packet) => (packet as { topic: string }).topic);

    expect(topics.indexOf("t/other")).toBeLessThan(1_600);
  });

  it("is read on when it acknowledges what many others have sent", async () => {
    const broker = await TestBroker.open({ options: { maximumInflight: 65_535 } });
    const { client: subscriber, stream } = await broker.connect({ clientId: "subscriber" });
    await subscriber.subscribe("t", { qos: 1 });
    const publisher = await broker.connect({ clientId: "publisher" });
    let pauses = 0;
    const pause = stream.pause.bind(stream);
    stream.pause = () => {
      pauses++;
      pause();
    };
    const ids: number[] = [];
    for (let i = 0; i < 4_000; i++) {
      publisher.client.send(aPublish({ topic: "t", qos: 1, messageId: 1 + (i % 500) }));
      if (i % 500 !== 499) continue;
      for (const packet of await subscriber.take(500)) ids.push((packet as { messageId: number }).messageId);
      await publisher.client.take(500);
    }

    stream.arrive(Buffer.concat(ids.map((id) => Buffer.from([0x40, 2, id >> 8, id & 0xff]))));
    await broker.settle();

    expect(pauses).toBe(0);
  });

  it("is read on without a pause while others are read in between", async () => {
    const broker = await TestBroker.open();
    const clients = await Promise.all(["a", "b"].map((clientId) => broker.connect({ clientId })));
    let pauses = 0;
    for (const { stream } of clients) {
      const pause = stream.pause.bind(stream);
      stream.pause = () => {
        pauses++;
        pause();
      };
    }

    for (let i = 0; i < 12; i++) {
      for (const { client } of clients) client.send(aPublish({ topic: "t", payload: "x".repeat(60 * KIB) }));
      await broker.settle();
    }

    expect(pauses).toBe(0);
  });

  it("ends like any other when it goes in the middle of its share", async () => {
    const broker = await TestBroker.open();
    const { client, stream } = memoryClient(5);
    broker.mqtt.accept(stream);
    await client.connect({ clientId: "fast" });

    for (let i = 0; i < 12; i++) client.send(aPublish({ topic: "t", payload: "x".repeat(60 * KIB) }));
    stream.destroy();
    await broker.settle();

    expect(broker.mqtt.connectionCount).toBe(0);
  });
});
