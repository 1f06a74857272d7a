import type { IConnackPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { lasting, TestBroker } from "../../support/test-broker.ts";

describe("CONNECT", () => {
  it("is answered with the broker's limits (MQTT 5 §3.2.2.3)", async () => {
    const broker = await TestBroker.open({
      options: {
        receiveMaximum: 7,
        maximumPacketSize: 5000,
        maximumQoS: 1,
        retainAvailable: false,
        sharedSubscriptionAvailable: false,
      },
    });

    const { connack } = await broker.connect();

    expect(connack.properties).toMatchObject({
      receiveMaximum: 7,
      maximumPacketSize: 5000,
      topicAliasMaximum: 16,
      maximumQoS: 1,
      retainAvailable: false,
      sharedSubscriptionAvailable: false,
    });
  });

  it("is answered in MQTT 3.1.1 with two bytes and nothing more [MQTT3-3.2.2-1]", async () => {
    const broker = await TestBroker.open();

    const { connack } = await broker.connect({}, 4);

    expect(connack).toMatchObject({ length: 2, returnCode: 0, sessionPresent: false });
  });

  it("of MQTT 3.1 is accepted", async () => {
    const broker = await TestBroker.open();

    const { connack, client } = await broker.connect({}, 3);

    expect(connack.returnCode).toBe(0);
    expect(await client.subscribe("t", { qos: 1 })).toMatchObject({ granted: [1] });
  });

  it("without client id gets one assigned, each its own [MQTT-3.1.3-6], [MQTT-3.2.2-16]", async () => {
    const broker = await TestBroker.open();

    const first = broker.dial();
    first.client.sendHex("10 0d 0004 4d515454 05 00 0000 00 0000"); // without Clean Start
    const second = await broker.connect({ clientId: "" });

    expect(((await first.client.next()) as IConnackPacket).properties?.assignedClientIdentifier).toBe(
      "auto-1",
    );
    expect(second.connack.properties?.assignedClientIdentifier).toBe("auto-2");
  });

  it("without client id and Clean Session is refused in MQTT 3.1.1 [MQTT3-3.1.3-8]", async () => {
    const broker = await TestBroker.open();
    const { client } = broker.dial(4);

    client.sendHex("10 0c 0004 4d515454 04 00 003c 0000");

    expect(await client.rest()).toMatchObject([{ cmd: "connack", returnCode: 2, sessionPresent: false }]);
  });

  it("without client id and with Clean Session is accepted in MQTT 3.1.1 [MQTT3-3.1.3-7]", async () => {
    const broker = await TestBroker.open();

    const { connack } = await broker.connect({ clientId: "", clean: true }, 4);

    expect(connack.returnCode).toBe(0);
  });

  it.each([
    ["badUserNameOrPassword", 0x86, 4],
    ["notAuthorized", 0x87, 5],
  ] as const)("that is refused for %s is told so and closed [MQTT-3.2.2-7]", async (reason, code5, code4) => {
    const broker = await TestBroker.open({
      authorization: { authenticate: () => ({ accepted: false, reason }) },
    });

    const five = await broker.connect();
    const four = await broker.connect({}, 4);

    expect(five.connack).toMatchObject({ reasonCode: code5, sessionPresent: false });
    expect(four.connack).toMatchObject({ returnCode: code4, sessionPresent: false });
    await five.client.ended;
    await four.client.ended;
    expect(broker.counters.connectionsRefused).toBe(2);
  });

  it("waits for an authenticator that takes its time; what follows CONNECT waits too", async () => {
    let decide: (user: string) => void = () => {};
    const decision = new Promise<string>((resolve) => {
      decide = resolve;
    });
    const authenticate = async (): Promise<{ accepted: true; user: string }> => ({
      accepted: true,
      user: await decision,
    });
    const broker = await TestBroker.open({ authorization: { authenticate } });
    const { client } = broker.dial(4);

    client.sendHex("10 0d 0004 4d515454 04 02 003c 0001 61 c000");
    await broker.settle();
    expect(client.unread).toEqual([]);
    decide("");

    expect(await client.take(2)).toMatchObject([{ cmd: "connack" }, { cmd: "pingresp" }]);
  });

  it("whose authenticator fails ends that connection and no other", async () => {
    const broker = await TestBroker.open({
      authorization: {
        authenticate: ({ clientId }) => {
          if (clientId === ("bad" as never)) throw new Error("the authenticator is broken");
          return { accepted: true, user: "" };
        },
      },
    });
    const good = await broker.connect({ clientId: "good" });
    const bad = broker.dial();

    await expect(bad.client.connect({ clientId: "bad" })).rejects.toThrow("ended");

    expect(await good.client.ping()).toEqual([]);
  });

  it("with an authentication method is refused with 0x8C (MQTT 5 §4.12)", async () => {
    const broker = await TestBroker.open();

    const { connack } = await broker.connect({ properties: { authenticationMethod: "x" } });

    expect(connack.reasonCode).toBe(0x8c);
  });

  it("with an unknown protocol level is refused with 0x01 [MQTT3-3.1.2-2]", async () => {
    const broker = await TestBroker.open();
    const { client } = broker.dial(4);

    client.sendHex("10 0d 0004 4d515454 09 02 003c 0001 61");

    expect(await client.rest()).toMatchObject([{ cmd: "connack", returnCode: 1 }]);
  });

  it.each([
    [{ qos: 2 }, { maximumQoS: 1 }, 0x9b],
    [{ retain: true }, { retainAvailable: false }, 0x9a],
    [{ topic: "a/b/c" }, { maximumTopicLevels: 2 }, 0x90],
  ] as const)("whose will %j the broker does not support is refused", async (will, options, reasonCode) => {
    const broker = await TestBroker.open({ options });

    const { connack } = await broker.connect({ will: { topic: "w", payload: "", ...will } });

    expect(connack.reasonCode).toBe(reasonCode);
  });

  it("whose will may not be published is refused", async () => {
    const broker = await TestBroker.open({ authorization: { mayPublish: () => false } });

    const { connack } = await broker.connect({ will: { topic: "w", payload: "" } });

    expect(connack.reasonCode).toBe(0x87);
  });

  it("is answered without Reason String when the client wants no problem information [MQTT-3.1.2-29]", async () => {
    const refuse = { authenticate: () => ({ accepted: false, reason: "notAuthorized" }) as const };
    const broker = await TestBroker.open({ authorization: refuse });

    const silent = await broker.connect({ properties: { requestProblemInformation: false } });
    const talkative = await broker.connect();

    expect(silent.connack.properties?.reasonString).toBeUndefined();
    expect(talkative.connack.properties?.reasonString).toBe("anonymous clients are not accepted here");
  });

  it("of a client that accepts no packet as large as CONNACK is refused with 0x95 [MQTT-3.1.2-24]", async () => {
    const broker = await TestBroker.open();
    const { client } = broker.dial();

    client.send({
      cmd: "connect",
      protocolVersion: 5,
      protocolId: "MQTT",
      clientId: "a",
      clean: true,
      properties: { maximumPacketSize: 8 },
    } as never);

    expect(await client.rest()).toMatchObject([{ cmd: "connack", reasonCode: 0x95, length: 3 }]);
    expect(broker.mqtt.sessions.onlineCount).toBe(0);
  });

  it("is acknowledged only when its session is on disk", async () => {
    const broker = await TestBroker.open();
    broker.store.hold();
    const { client } = broker.dial();
    const connack = client.connect(lasting("a"));
    await broker.settle();
    expect(client.unread).toEqual([]);

    broker.store.release();

    expect(await connack).toMatchObject({ reasonCode: 0 });
  });

  it("a second time is a protocol error [MQTT-3.1.0-2]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    const answer = await client.connect();

    expect(answer).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
    await client.ended;
  });
});

describe("a connection", () => {
  it.each([
    ["PINGREQ", "c000"],
    ["PUBLISH", "3003 0001 74"],
    ["DISCONNECT", "e000"],
    ["bytes that are no MQTT", "474554202f20485454502f312e310d0a"],
    ["a malformed CONNECT", "10 0d 0004 4d515454 04 03 003c 0001 61"],
  ])("that begins with %s is closed without an answer [MQTT-3.1.0-1]", async (_, hex) => {
    const broker = await TestBroker.open();
    const { client } = broker.dial(4);

    client.sendHex(hex);

    expect(await client.rest()).toEqual([]);
    expect(broker.counters.protocolErrors).toBe(1);
    expect(broker.mqtt.connectionCount).toBe(0);
  });

  it("without CONNECT is closed after connectTimeout", async () => {
    const broker = await TestBroker.open({ options: { connectTimeout: 5 } });
    const { client } = broker.dial();

    await broker.clock.advance(4_000);
    expect(broker.mqtt.connectionCount).toBe(1);
    await broker.clock.advance(3_000);

    await client.ended;
    expect(broker.mqtt.connectionCount).toBe(0);
  });

  it("announces no packet larger than 64 KiB before CONNECT was accepted", async () => {
    const broker = await TestBroker.open();
    const { client } = broker.dial();

    client.sendHex("10 818004");

    expect(await client.rest()).toEqual([]);
  });

  it.each([
    ["a reserved packet type", "f0 00", 0x82],
    ["wrong fixed header flags", "c1 00", 0x81],
    ["a PUBLISH of QoS 3", "36 05 0001 74 0001", 0x81],
    ["a Packet Identifier of 0", "32 06 0001 74 0000 00", 0x82],
    ["a topic with a wildcard", "30 04 0001 2b 00", 0x81],
    ["a topic that is not UTF-8", "30 04 0001 ff 00", 0x81],
    ["SUBSCRIBE without a filter", "82 03 0001 00", 0x82],
    ["a Reason Code that PUBACK cannot carry", "40 03 0001 92", 0x82],
    ["bytes in PINGREQ", "c0 01 00", 0x81],
    ["a Remaining Length of five bytes", "30 ffffffff7f", 0x81],
  ])("in MQTT 5 is told why it ends after %s [MQTT-4.13.1-1]", async (_, hex, reasonCode) => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    client.sendHex(hex);

    const [last] = await client.rest();
    expect(last).toMatchObject({ cmd: "disconnect" });
    expect((last as { reasonCode: number }).reasonCode.toString(16)).toBe(reasonCode.toString(16));
  });

  it("in MQTT 3.1.1 is closed without an answer after a malformed packet [MQTT3-4.8.0-1]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({}, 4);

    client.sendHex("36 05 0001 74 0001");

    expect(await client.rest()).toEqual([]);
  });

  it("is told the reason in words only if it wants problem information [MQTT-3.1.2-29]", async () => {
    const broker = await TestBroker.open();
    const silent = await broker.connect({ clientId: "a", properties: { requestProblemInformation: false } });
    const talkative = await broker.connect({ clientId: "b" });

    for (const { client } of [silent, talkative]) client.sendHex("c1 00");

    expect((await silent.client.rest())[0]).not.toHaveProperty("properties.reasonString");
    expect((await talkative.client.rest())[0]).toHaveProperty("properties.reasonString");
  });

  it("is told the reason in words only if they fit into its Maximum Packet Size [MQTT-3.14.2-3]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({ properties: { maximumPacketSize: 40 } });

    client.sendHex("c1 00");

    const [last] = await client.rest();
    expect(last).toMatchObject({ cmd: "disconnect", reasonCode: 0x81 });
    expect(last).not.toHaveProperty("properties.reasonString");
  });

  it("ends with 0x95 after a packet above the broker's Maximum Packet Size [MQTT-3.2.2-15]", async () => {
    const broker = await TestBroker.open({ options: { maximumPacketSize: 200 } });
    const { client } = await broker.connect();

    client.sendHex("30 c601");

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x95 }]);
  });

  it("ends with 0x8D after one and a half times its Keep Alive without a packet [MQTT-3.1.2-22]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({ keepalive: 10 });

    await broker.clock.advance(14_000);
    expect(await client.ping()).toEqual([]);
    await broker.clock.advance(14_000);
    expect(client.unread).toEqual([]);
    await broker.clock.advance(3_000);

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8d }]);
  });

  it("with Keep Alive 0 is never timed out [MQTT3-3.1.2-24]", async () => {
    const broker = await TestBroker.open({ options: { maximumKeepAlive: 60 } });
    const { client } = await broker.connect({ keepalive: 0 }, 4);

    await broker.clock.advance(1_000_000);

    expect(await client.ping()).toEqual([]);
  });

  it("that asks for a longer Keep Alive than allowed is told and held to the shorter (MQTT 5 §3.2.2.3.14)", async () => {
    const broker = await TestBroker.open({ options: { maximumKeepAlive: 60 } });
    const { client, connack } = await broker.connect({ keepalive: 600 });
    expect(connack.properties?.serverKeepAlive).toBe(60);

    await broker.clock.advance(92_000);

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8d }]);
  });

  it("is told that the broker shuts down with 0x8B, in MQTT 3.1.1 just closed", async () => {
    const broker = await TestBroker.open();
    const five = await broker.connect({ clientId: "five" });
    const four = await broker.connect({ clientId: "four" }, 4);
    const silent = broker.dial();

    await broker.mqtt.shutDown();

    expect(await five.client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8b }]);
    expect(await four.client.rest()).toEqual([]);
    await silent.client.ended;
  });

  it("that sends AUTH without a method breaks the protocol [MQTT-4.12.0-7]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    client.sendHex("f0 02 18 00");

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x82 }]);
  });

  it("gets PINGRESP for PINGREQ [MQTT-3.12.4-1]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect();

    client.sendHex("c000 c000");

    expect(await client.take(2)).toMatchObject([{ cmd: "pingresp" }, { cmd: "pingresp" }]);
  });

  it("reads packets whatever the pieces they come in", async () => {
    const broker = await TestBroker.open();
    const { client } = broker.dial(4);
    const bytes = Buffer.from(
      "100d00044d51545404020000000161c00082060001000174 00".replaceAll(" ", ""),
      "hex",
    );

    for (const byte of bytes) client.sendBytes(Buffer.of(byte));

    expect(await client.take(3)).toMatchObject([{ cmd: "connack" }, { cmd: "pingresp" }, { cmd: "suback" }]);
  });
});
