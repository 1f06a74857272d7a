import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/mqtt/ports.ts";
import { aPublish, type ConnectOptions } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

const NOT_SECRET = (_: Identity, topic: string) => !topic.startsWith("secret");

function guarded(): Promise<TestBroker> {
  return TestBroker.open({ authorization: { mayPublish: NOT_SECRET, maySubscribe: NOT_SECRET } });
}

const SILENT: ConnectOptions = { properties: { requestProblemInformation: false } };
/** CONNACK fits in, a reason in words does not. */
const SMALL: ConnectOptions = { properties: { maximumPacketSize: 30 } };

describe("a refused PUBLISH", () => {
  it.each([
    [1, "puback"],
    [2, "pubrec"],
  ] as const)("of QoS %i gets the reason in words with its %s", async (qos, cmd) => {
    const broker = await guarded();
    const { client } = await broker.connect();

    client.send(aPublish({ topic: "secret", qos, messageId: 7 }));

    expect(await client.next()).toMatchObject({
      cmd,
      messageId: 7,
      reasonCode: 0x87,
      properties: { reasonString: "this client may not publish to this topic" },
    });
  });

  it.each([
    ["does not want them", SILENT],
    ["accepts no packet as large as that", SMALL],
  ])(
    "gets no words when the client %s [MQTT-3.1.2-29], [MQTT-3.4.2-2], [MQTT-3.5.2-2]",
    async (_, options) => {
      const broker = await guarded();
      const { client } = await broker.connect(options);

      client.send(
        aPublish({ topic: "secret", qos: 1, messageId: 1 }),
        aPublish({ topic: "secret", qos: 2, messageId: 2 }),
      );

      for (const answer of await client.take(2)) {
        expect(answer).toMatchObject({ reasonCode: 0x87 });
        expect(answer).not.toHaveProperty("properties.reasonString");
      }
    },
  );

  it("leaves nothing of it in an acknowledgement of MQTT 3.1.1", async () => {
    const broker = await guarded();
    const { client } = await broker.connect({}, 4);

    client.send(aPublish({ topic: "secret", qos: 1, messageId: 1 }));

    expect(await client.next()).toMatchObject({ cmd: "puback", length: 2 });
  });
});

describe("a refused subscription", () => {
  it("is explained in SUBACK, each reason once", async () => {
    const broker = await guarded();
    const { client } = await broker.connect();

    client.send({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: ["secret/1", "ok", "secret/2", "a#"].map((topic) => ({ topic, qos: 0 as const })),
    });

    expect(await client.next()).toMatchObject({
      granted: [0x87, 0, 0x87, 0x8f],
      properties: {
        reasonString:
          "nothing that matches may be read by this client; the topic filter is not valid or has too many levels",
      },
    });
  });

  it.each([
    ["does not want it", SILENT],
    ["accepts no packet as large as that", SMALL],
  ])("is not explained when the client %s [MQTT-3.1.2-29], [MQTT-3.9.2-1]", async (_, options) => {
    const broker = await guarded();
    const { client } = await broker.connect(options);

    const suback = await client.subscribe("secret");

    expect(suback).toMatchObject({ granted: [0x87] });
    expect(suback).not.toHaveProperty("properties.reasonString");
  });
});

describe("topics below $SYS/", () => {
  it.each(["$SYS", "$SYS/broker/uptime"])("cannot be published to by clients: %s", async (topic) => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({ clientId: "a" });
    await client.subscribe("$SYS/#");

    client.send(
      aPublish({ topic, retain: true }),
      aPublish({ topic, qos: 1, messageId: 1 }),
      aPublish({ topic, qos: 2, messageId: 2 }),
    );

    expect(await client.ping()).toMatchObject([
      { cmd: "puback", reasonCode: 0x87 },
      { cmd: "pubrec", reasonCode: 0x87 },
    ]);
    expect(broker.dropped("not_authorized")).toBe(3);
    await client.subscribe("$SYS/#");
    expect(await client.ping()).toEqual([]);
  });

  it("are ignored when MQTT 3.1.1 publishes there: it has no word for a refusal", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({}, 4);
    await client.subscribe("$SYS/#");

    client.send(aPublish({ topic: "$SYS/x", qos: 1, messageId: 1 }));

    expect(await client.ping()).toMatchObject([{ cmd: "puback", messageId: 1 }]);
    expect(broker.dropped("not_authorized")).toBe(1);
  });

  it("cannot be the topic of a will", async () => {
    const broker = await TestBroker.open();
    const will = { topic: "$SYS/broker/uptime", payload: Buffer.from("x"), qos: 0 as const, retain: true };

    expect((await broker.connect({ will })).connack).toMatchObject({ reasonCode: 0x87 });
    expect((await broker.connect({ will }, 4)).connack).toMatchObject({ returnCode: 5 });
  });
});
