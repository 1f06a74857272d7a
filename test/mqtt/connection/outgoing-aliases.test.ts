import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { aPublish, type ConnectOptions, type RawClient } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

/** A PUBLISH of it has 31 bytes without an alias. */
const LONG = "a/name/of/25/bytes/exactl";
const TOO_LONG = "a/name/of/30/bytes/exactly/see";

function allowing(topicAliasMaximum: number, rest: ConnectOptions = {}): ConnectOptions {
  return { clientId: "receiver", ...rest, properties: { topicAliasMaximum, ...rest.properties } };
}

async function publish(broker: TestBroker, ...topics: readonly string[]): Promise<void> {
  const { client } = await broker.connect({ clientId: "publisher" });
  topics.forEach((topic, i) => {
    client.send(aPublish({ topic, payload: String(i), qos: 1, messageId: i + 1 }));
  });
  await client.ping();
  await client.disconnect();
}

function namesAndAliases(packets: readonly Packet[]): [topic: string, alias: number | undefined][] {
  return packets.map((packet) => {
    const { topic, properties } = packet as IPublishPacket;
    return [topic, properties?.topicAlias];
  });
}

async function receive(client: RawClient): Promise<[topic: string, alias: number | undefined][]> {
  return namesAndAliases(await client.ping());
}

describe("topic aliases towards a client", () => {
  it("go to the first topics, up to the client's maximum [MQTT-3.1.2-26], [MQTT-3.3.2-11]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(allowing(2));
    await client.subscribe("#", { qos: 1 });

    await publish(broker, "room/a", "room/b", "room/c", "room/a", "room/b", "room/c");

    expect(await receive(client)).toEqual([
      ["room/a", 1],
      ["room/b", 2],
      ["room/c", undefined],
      ["", 1],
      ["", 2],
      ["room/c", undefined],
    ]);
  });

  it("are no more than the configuration allows", async () => {
    const broker = await TestBroker.open({ options: { outgoingTopicAliases: 1 } });
    const { client } = await broker.connect(allowing(10));
    await client.subscribe("#");

    await publish(broker, "room/a", "room/b", "room/a");

    expect(await receive(client)).toEqual([
      ["room/a", 1],
      ["room/b", undefined],
      ["", 1],
    ]);
  });

  it("are not used for a name that is no longer than an alias", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(allowing(10));
    await client.subscribe("#");

    await publish(broker, "abc", "abc");

    expect(await receive(client)).toEqual([
      ["abc", undefined],
      ["abc", undefined],
    ]);
  });

  it("begin anew with the connection that sends unacknowledged messages again [MQTT-3.3.2-7]", async () => {
    const broker = await TestBroker.open();
    const options = allowing(10, { clean: false, properties: { sessionExpiryInterval: 60 } });
    const first = await broker.connect(options);
    await first.client.subscribe("#", { qos: 2 });
    await publish(broker, "room/a", "room/a");
    expect(await receive(first.client)).toEqual([
      ["room/a", 1],
      ["", 1],
    ]);

    await first.client.hangUp();
    const { client } = await broker.connect(options);

    const again = await client.ping();
    expect(again).toMatchObject([{ dup: true }, { dup: true }]);
    expect(namesAndAliases(again)).toEqual([
      ["room/a", 1],
      ["", 1],
    ]);
  });

  it("are left out of a message that only fits without one [MQTT-3.1.2-24]", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(allowing(10, { properties: { maximumPacketSize: 32 } }));
    await client.subscribe("#");

    await publish(broker, LONG, LONG);

    expect(await receive(client)).toEqual([
      [LONG, undefined],
      [LONG, undefined],
    ]);
  });

  it("are never used for a message that is too large with them and without", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(allowing(10, { properties: { maximumPacketSize: 32 } }));
    await client.subscribe("#");

    await publish(broker, TOO_LONG, "room/a", TOO_LONG);

    expect(await receive(client)).toEqual([["room/a", 1]]);
    expect(broker.dropped("packet_too_large")).toBe(2);
  });
});
