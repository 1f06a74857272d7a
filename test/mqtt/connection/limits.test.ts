import type { generate } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { EntranceLimits } from "../../../src/base/entrance.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { LimitOptions, MqttOptions } from "../../../src/mqtt/ports.ts";
import { aPublish, memoryClient } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

const NONE: LimitOptions = {
  unauthenticatedPacketSize: 65_536,
  messageRate: 0,
  whenMessageRateExceeded: "slow",
  maximumFiltersPerPacket: 1000,
  maximumUnreleasedMessages: 65_535,
};

function entered(entrance: Partial<EntranceLimits>): Promise<TestBroker> {
  return TestBroker.open({ entrance });
}

function limited(limits: Partial<LimitOptions>, options: Partial<MqttOptions> = {}): Promise<TestBroker> {
  return TestBroker.open({ options: { ...options, limits: { ...NONE, ...limits } } });
}

describe("connections per address", () => {
  it("are closed unanswered when there are too many, and counted", async () => {
    const broker = await entered({ maximumConnectionsPerAddress: 2 });
    await broker.connect({ clientId: "a" });
    await broker.connect({ clientId: "b" });

    const { client } = broker.dial();

    expect(await client.rest()).toEqual([]);
    expect(broker.counters.limitsReached.get("connections_per_address")).toBe(1);
    expect(broker.counters.connectionsRefused).toBe(1);
    expect(broker.mqtt.connectionCount).toBe(2);
  });

  it("make room when one ends", async () => {
    const broker = await entered({ maximumConnectionsPerAddress: 1 });
    const first = await broker.connect({ clientId: "a" });
    await first.client.disconnect();
    await broker.settle();

    const { connack } = await broker.connect({ clientId: "b" });

    expect(connack).toMatchObject({ reasonCode: 0 });
  });

  it("from this machine are not counted unless told so", async () => {
    const broker = await entered({ maximumConnectionsPerAddress: 1, exemptLoopback: true });
    await broker.connect({ clientId: "a" });

    expect((await broker.connect({ clientId: "b" })).connack).toMatchObject({ reasonCode: 0 });
  });
});

describe("CONNECTs per second", () => {
  it("are refused with 0x9F beyond a burst of twice the rate, with 3 in MQTT 3.1.1", async () => {
    const broker = await entered({ connectRate: 1 });
    await broker.connect({ clientId: "a" });
    await broker.connect({ clientId: "b" });

    const five = await broker.connect({ clientId: "c" }, 5);
    const three = await broker.connect({ clientId: "d" }, 4);

    expect(five.connack).toMatchObject({ reasonCode: 0x9f });
    expect(three.connack).toMatchObject({ returnCode: 3 });
    await Promise.all([five.client.ended, three.client.ended]);
    expect(broker.counters.limitsReached.get("connect_rate")).toBe(2);
  });

  it("are accepted again as time passes", async () => {
    const broker = await entered({ connectRate: 1 });
    for (const clientId of ["a", "b", "c"]) await broker.connect({ clientId });
    await broker.clock.advance(1000);

    expect((await broker.connect({ clientId: "d" })).connack).toMatchObject({ reasonCode: 0 });
    expect((await broker.connect({ clientId: "e" })).connack).toMatchObject({ reasonCode: 0x9f });
  });
});

describe("the delay of the event loop", () => {
  async function busyBroker(): Promise<{ broker: TestBroker; delay: { ms: number }; lines: string[] }> {
    const delay = { ms: 0 };
    const lines: string[] = [];
    const log = (_: object, message: string): number => lines.push(message);
    const broker = await TestBroker.open({
      entrance: { maximumLoopDelay: 100 },
      loopDelayMs: () => delay.ms,
      logger: { ...silentLogger, warn: log, info: log },
    });
    return { broker, delay, lines };
  }

  it("above the limit keeps new clients out with 0x89, in MQTT 3 with 3, and serves those that are there", async () => {
    const { broker, delay } = await busyBroker();
    const { client } = await broker.connect({ clientId: "before" });

    delay.ms = 101;
    const five = await broker.connect({ clientId: "five" });
    const four = await broker.connect({ clientId: "four" }, 4);

    expect(five.connack).toMatchObject({
      reasonCode: 0x89,
      properties: { reasonString: expect.stringContaining("behind") },
    });
    expect(four.connack).toMatchObject({ returnCode: 3 });
    expect(await client.subscribe("t")).toMatchObject({ granted: [0] });
    expect(broker.counters.limitsReached.get("loop_delay")).toBe(2);
    expect(broker.counters.connectionsRefused).toBe(2);
  });

  it("lets clients in again when it has fallen to half the limit; one line tells of each change", async () => {
    const { broker, delay, lines } = await busyBroker();
    const codes: unknown[] = [];

    for (const [clientId, ms] of Object.entries({ a: 100, b: 150, c: 90, d: 51, e: 50, f: 100 })) {
      delay.ms = ms;
      codes.push((await broker.connect({ clientId })).connack.reasonCode);
    }

    expect(codes).toEqual([0, 0x89, 0x89, 0x89, 0, 0]);
    expect(lines.filter((line) => line.startsWith("the broker"))).toEqual([
      "the broker is behind: new clients are refused",
      "the broker has caught up: new clients are accepted again",
    ]);
  });
});

describe("messages per second of one client", () => {
  const messages = Array.from({ length: 12 }, (_, n) => aPublish({ topic: "t", payload: String(n) }));

  it("slow it down, and nothing is lost", async () => {
    const broker = await limited({ messageRate: 5 });
    const subscriber = await broker.connect({ clientId: "subscriber" });
    await subscriber.client.subscribe("t");
    const publisher = await broker.connect({ clientId: "publisher" });

    publisher.client.send(...messages);
    await broker.settle();
    const counts = [subscriber.client.unread.length];
    for (let second = 0; second < 2; second++) {
      await broker.clock.advance(1000);
      await broker.settle();
      counts.push(subscriber.client.unread.length);
    }

    expect(counts).toEqual([5, 10, 12]);
    expect(broker.counters.limitsReached.get("message_rate")).toBe(2);
  });

  it("are not read from the socket meanwhile", async () => {
    const broker = await limited({ messageRate: 5 });
    const { client, stream } = await broker.connect();

    client.send(...messages);
    await broker.settle();

    expect(stream.isReading).toBe(false);
  });

  it("leave QoS 1 its acknowledgements, in order", async () => {
    const broker = await limited({ messageRate: 2 });
    const { client } = await broker.connect();
    client.send(...[1, 2, 3].map((messageId) => aPublish({ qos: 1, messageId })));
    await broker.settle();
    const before = client.unread.length;
    await broker.clock.advance(1000);

    const answers = await client.take(3);

    expect(before).toBe(2);
    expect(answers.map((answer) => answer.messageId)).toEqual([1, 2, 3]);
  });

  it("end the connection with 0x96 where that is configured", async () => {
    const broker = await limited({ messageRate: 5, whenMessageRateExceeded: "disconnect" });
    const { client } = await broker.connect();

    client.send(...messages);

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x96 }]);
    expect(broker.counters.messagesReceived[0]).toBe(6);
  });
});

describe("log lines about clients that are not let in", () => {
  it("are left out when there are too many, and counted", async () => {
    const lines: string[] = [];
    const warn = (_: object, message: string): void => void lines.push(message);
    const broker = await TestBroker.open({ logger: { ...silentLogger, warn } });
    const malformed = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) broker.dial().client.sendHex("3000");
      await broker.settle();
    };

    await malformed(150);
    const atOnce = lines.length;
    await broker.clock.advance(1000);
    await malformed(1);

    expect(atOnce).toBe(100);
    expect(lines.at(-2)).toBe("lines about clients that were not let in were left out");
    expect(lines).toHaveLength(102);
  });
});

describe("what one packet may hold", () => {
  const subscribe = (count: number): Parameters<typeof generate>[0] => ({
    cmd: "subscribe",
    messageId: 1,
    subscriptions: Array.from({ length: count }, (_, n) => ({ topic: `t${n}`, qos: 0 })),
  });

  it("is limited in topic filters: more end the connection with 0x97", async () => {
    const broker = await limited({ maximumFiltersPerPacket: 3 });
    const { client } = await broker.connect();

    client.send(subscribe(3), subscribe(4));

    expect(await client.rest()).toMatchObject([
      { cmd: "suback", granted: [0, 0, 0] },
      { cmd: "disconnect", reasonCode: 0x97 },
    ]);
    expect(broker.counters.limitsReached.get("packet_entries")).toBe(1);
  });

  it("is limited in topic filters of UNSUBSCRIBE", async () => {
    const broker = await limited({ maximumFiltersPerPacket: 1 });
    const { client } = await broker.connect();

    client.send({ cmd: "unsubscribe", messageId: 1, unsubscriptions: ["a", "b"] });

    expect(await client.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x97 }]);
  });

  it("is limited in user properties", async () => {
    const broker = await limited({});
    const { client } = await broker.connect();
    const withProperties = (count: number): Parameters<typeof generate>[0] =>
      aPublish({ qos: 1, messageId: 1, properties: { userProperties: { a: new Array(count).fill("b") } } });

    client.send(withProperties(1000), withProperties(1001));

    expect(await client.rest()).toMatchObject([{ cmd: "puback" }, { cmd: "disconnect", reasonCode: 0x97 }]);
  });

  it("is limited in bytes before CONNECT is accepted", async () => {
    const broker = await limited({ unauthenticatedPacketSize: 200 });
    const { client } = broker.dial();

    client.send({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId: "x".repeat(200) });

    expect(await client.rest()).toEqual([]);
    expect(broker.counters.limitsReached.get("unauthenticated_packet_size")).toBe(1);
  });
});

describe("unacknowledged messages", () => {
  const unreleased = (messageId: number): Parameters<typeof generate>[0] => aPublish({ qos: 2, messageId });

  it("beyond the Receive Maximum are counted only, where the listener says warn", async () => {
    const broker = await limited({}, { receiveMaximum: 2 });
    const { client, stream } = memoryClient(5);
    broker.mqtt.accept(stream, { strict: "warn" });
    await client.connect();

    client.send(...[1, 2, 3].map(unreleased));

    expect((await client.take(3)).map(({ cmd }) => cmd)).toEqual(["pubrec", "pubrec", "pubrec"]);
    expect(broker.counters.limitsReached.get("receive_maximum")).toBe(1);
  });

  it("beyond the Receive Maximum end the connection with 0x93 elsewhere [MQTT-3.3.4-7]", async () => {
    const broker = await limited({}, { receiveMaximum: 2 });
    const { client } = await broker.connect();

    client.send(...[1, 2, 3].map(unreleased));

    expect((await client.rest()).at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
    expect(broker.counters.limitsReached.get("receive_maximum")).toBe(1);
  });

  it("that are never released end a connection of MQTT 3.1.1 at the configured number", async () => {
    const broker = await limited({ maximumUnreleasedMessages: 2 });
    const { client } = await broker.connect({}, 4);

    client.send(...[1, 2, 2, 3].map(unreleased));

    expect((await client.rest()).map(({ messageId }) => messageId)).toEqual([1, 2, 2]);
    expect(broker.counters.limitsReached.get("unreleased_messages")).toBe(1);
  });
});
