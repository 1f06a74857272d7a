import { connect, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { connectClient } from "../../support/mqtt-clients.ts";
import { readMetric } from "../../support/read-metric.ts";

/** What is wrong with them, MQTT 5's Reason Code, the bytes. */
const MALFORMED = [
  ["a PUBLISH with QoS 3 [MQTT-3.3.1-4]", 0x81, [0x36, 0x06, 0x00, 0x01, 0x61, 0x00, 0x01, 0x00]],
  ["a Remaining Length of five bytes", 0x81, [0x30, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ["the reserved packet type 0", 0x81, [0x00, 0x00]],
  ["a topic that is not UTF-8 [MQTT-1.5.4-1]", 0x81, [0x30, 0x05, 0x00, 0x02, 0xc3, 0x28, 0x00]],
  ["a wildcard in a Topic Name [MQTT-3.3.2-2]", 0x81, [0x30, 0x04, 0x00, 0x01, 0x23, 0x00]],
  ["a second CONNECT [MQTT-3.1.0-2]", 0x82, [...connectPacket(5)]],
] as const;

describe("a client that sends what MQTT forbids", () => {
  let broker: BrokerProcess;

  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker?.dispose());

  it.each(MALFORMED)("is told so and closed, others are not: %s", async (_what, reasonCode, bytes) => {
    const bystander = await connectClient(`mqtt://127.0.0.1:${broker.tcpPort}`, { reconnectPeriod: 0 });
    const errors = await readMetric(broker.adminPort, "causeway_protocol_errors_total");

    const answers = await exchange(5, Buffer.from(bytes));

    expect(answers).toMatchObject([
      { cmd: "connack", reasonCode: 0 },
      { cmd: "disconnect", reasonCode },
    ]);
    await bystander.publishAsync("still", "here", { qos: 1 });
    expect(await readMetric(broker.adminPort, "causeway_protocol_errors_total")).toBe(errors + 1);
    await bystander.endAsync();
  });

  it("is closed without a word when it speaks 3.1.1, which has none", async () => {
    const answers = await exchange(4, Buffer.from([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]));

    expect(answers).toMatchObject([{ cmd: "connack", returnCode: 0 }]);
  });

  it("delivers nothing of what followed the malformed packet", async () => {
    const received: string[] = [];
    const observer = await connectClient(`mqtt://127.0.0.1:${broker.tcpPort}`, {}, (client) =>
      client.on("message", (topicName) => received.push(topicName)),
    );
    await observer.subscribeAsync("#", { qos: 1 });
    const publish = (topic: string): Buffer =>
      generate(
        { cmd: "publish", topic, payload: "", qos: 0, dup: false, retain: false },
        { protocolVersion: 5 },
      );

    await exchange(5, Buffer.concat([publish("before"), Buffer.from([0x00, 0x00]), publish("after")]));
    await observer.publishAsync("end", "", { qos: 1 });

    await expect.poll(() => received).toEqual(["before", "end"]);
    await observer.endAsync();
  });

  /** Connects, sends `bytes`, and returns what the broker answered until it closed the connection. */
  async function exchange(protocolVersion: 4 | 5, bytes: Buffer): Promise<Packet[]> {
    const socket = connect(broker.tcpPort, "127.0.0.1");
    const packets: Packet[] = [];
    const reader = parser({ protocolVersion });
    reader.on("packet", (packet) => {
      packets.push(packet);
      if (packet.cmd === "connack") socket.write(bytes);
    });
    socket.on("data", (data) => reader.parse(data));
    socket.write(connectPacket(protocolVersion));
    await closed(socket);
    return packets;
  }
});

function connectPacket(protocolVersion: 4 | 5): Buffer {
  const clientId = "malformed";
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion,
    clean: true,
    clientId,
    keepalive: 30,
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => {}); // a reset closes it as well
    socket.on("close", () => resolve());
  });
}
