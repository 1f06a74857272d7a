import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IPublishPacket } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { type Broker, startBroker } from "../../../src/compose.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import { aPublish, type RawClient, tcpClient } from "../../support/raw-client.ts";

const TOPICS = 30;

describe("large retained messages", () => {
  let folder: string;
  let broker: Broker;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-retained-"));
    broker = await start();
  });
  afterEach(async () => {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function start(): Promise<Broker> {
    const config = brokerConfigSchema.parse({
      data: folder,
      listeners: [{ type: "tcp", bind: "127.0.0.1:0" }],
      storage: { durability: "os" },
    });
    return startBroker(config, "test", silentLogger);
  }
  async function connect(clientId: string): Promise<RawClient> {
    const port = Number(/:(\d+)/.exec(broker.listeners[0] ?? "")?.[1]);
    const client = await tcpClient(port);
    await client.connect({ clientId, properties: { receiveMaximum: 5 } });
    return client;
  }
  function payload(i: number, generation: number): Buffer {
    return Buffer.alloc(i % 3 === 0 ? 100 : 100_000, i + 50 * generation);
  }
  async function retainAll(generation: number): Promise<void> {
    const publisher = await connect("publisher");
    for (let i = 0; i < TOPICS; i++) {
      publisher.send(
        aPublish({
          topic: `t/${i}`,
          payload: payload(i, generation),
          retain: true,
          qos: 1,
          messageId: i + 1,
        }),
      );
    }
    await publisher.take(TOPICS);
    await publisher.hangUp();
  }
  async function received(clientId: string): Promise<Map<string, string>> {
    const client = await connect(clientId);
    await client.subscribe("t/#", { qos: 1 });
    const packets: IPublishPacket[] = [];
    while (packets.length < TOPICS) {
      const packet = (await client.next()) as IPublishPacket;
      packets.push(packet);
      client.send({ cmd: "puback", messageId: packet.messageId as number });
    }
    await client.hangUp();
    expect(packets.every(({ retain }) => retain)).toBe(true);
    return new Map(packets.map((packet) => [packet.topic, nameOf(packet.payload as Buffer)]));
  }
  function expected(generation: number): Map<string, string> {
    return new Map(Array.from({ length: TOPICS }, (_, i) => [`t/${i}`, nameOf(payload(i, generation))]));
  }

  it("come for a new subscription, replaced ones as they are now, also after a restart", async () => {
    await retainAll(0);
    await retainAll(1);
    expect(await received("a")).toEqual(expected(1));

    await broker.stop();
    broker = await start();

    expect(await received("b")).toEqual(expected(1));
  });
});

/** Says of a payload what it is compared by. */
function nameOf(payload: Buffer): string {
  return createHash("sha256").update(payload).digest("hex");
}
