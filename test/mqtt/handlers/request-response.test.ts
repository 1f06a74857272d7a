import { describe, expect, it } from "vitest";
import { aPublish, type ConnectOptions } from "../../support/raw-client.ts";
import { TestBroker, type TestBrokerOptions } from "../../support/test-broker.ts";

const NOT_UTF8 = Buffer.from([0x61, 0xff]);

describe("Response Information (MQTT 5 §4.10.1)", () => {
  const asking: ConnectOptions = {
    clientId: "sensor-1",
    username: "ann",
    properties: { requestResponseInformation: true },
  };

  async function told(template: string | null, options: ConnectOptions): Promise<string | undefined> {
    const broker = await TestBroker.open({ options: { responseInformation: template } });
    const { connack } = await broker.connect(options);
    expect(connack.reasonCode).toBe(0);
    return connack.properties?.responseInformation;
  }

  it("names client and user as the configuration says", async () => {
    expect(await told("answers/%u/%c/", asking)).toBe("answers/ann/sensor-1/");
  });

  it("is not told to who does not ask [MQTT-3.1.2-28]", async () => {
    expect(await told("answers/%c/", { ...asking, properties: {} })).toBeUndefined();
  });

  it("is not told when none is configured", async () => {
    expect(await told(null, asking)).toBeUndefined();
  });

  it.each(["a/b", "+", "#", "$SYS"])("is not told to %s, whose name is not one level", async (clientId) => {
    expect(await told("answers/%c/", { ...asking, clientId })).toBeUndefined();
    expect(await told("answers/", { ...asking, clientId })).toBe("answers/");
  });

  it("has the name of an assigned client id", async () => {
    expect(await told("answers/%c", { ...asking, clientId: "" })).toBe("answers/auto-1");
  });
});

describe("a Payload Format Indicator of 1", () => {
  const CHECKED: TestBrokerOptions = { options: { checkPayloadFormat: true } };
  const properties = { payloadFormatIndicator: true };

  it.each([
    [1, "puback"],
    [2, "pubrec"],
  ] as const)(
    "with a payload of QoS %i that is not UTF-8 gets 0x99 where that is checked (MQTT 5 §3.3.2.3.2)",
    async (qos, cmd) => {
      const broker = await TestBroker.open(CHECKED);
      const { client } = await broker.connect();
      await client.subscribe("t");

      client.send(aPublish({ payload: NOT_UTF8, qos, messageId: 1, properties }));

      expect(await client.ping()).toMatchObject([{ cmd, reasonCode: 0x99 }]);
      expect(broker.dropped("payload_format_invalid")).toBe(1);
    },
  );

  it("with such a payload of QoS 0 is dropped and counted", async () => {
    const broker = await TestBroker.open(CHECKED);
    const { client } = await broker.connect();
    await client.subscribe("t");

    client.send(aPublish({ payload: NOT_UTF8, properties }), aPublish({ payload: "ä", properties }));

    expect(await client.ping()).toMatchObject([{ payload: Buffer.from("ä") }]);
    expect(broker.dropped("payload_format_invalid")).toBe(1);
  });

  it("with such a will refuses the connection", async () => {
    const broker = await TestBroker.open(CHECKED);
    const will = { topic: "w", payload: NOT_UTF8, qos: 0 as const, retain: false, properties };

    expect((await broker.connect({ will })).connack).toMatchObject({ reasonCode: 0x99 });
  });

  it("is not looked at unless the configuration asks for it", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();
    await client.subscribe("t");

    client.send(aPublish({ payload: NOT_UTF8, properties }));

    expect(await client.ping()).toMatchObject([{ payload: NOT_UTF8 }]);
  });
});

describe("a broker that shuts down", () => {
  it("sends its clients to the configured server (MQTT 5 §4.11)", async () => {
    const broker = await TestBroker.open({ options: { serverReference: "other.example:1883" } });
    const five = await broker.connect({ clientId: "five" });
    const four = await broker.connect({ clientId: "four" }, 4);

    await broker.mqtt.shutDown();

    expect(await five.client.rest()).toMatchObject([
      { cmd: "disconnect", reasonCode: 0x9c, properties: { serverReference: "other.example:1883" } },
    ]);
    expect(await four.client.rest()).toEqual([]);
  });

  it("says only that it does when no other server is configured", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    await broker.mqtt.shutDown();

    const [last] = await client.rest();
    expect(last).toMatchObject({ cmd: "disconnect", reasonCode: 0x8b });
    expect(last).not.toHaveProperty("properties.serverReference");
  });
});
