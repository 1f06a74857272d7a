import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IPublishPacket } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { silentLogger } from "../../../src/base/logger.ts";
import { type Broker, startBroker } from "../../../src/compose.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import { type RawClient, tcpClient } from "../../support/raw-client.ts";

const VERSION = "$SYS/broker/version";

let folder: string;
let broker: Broker | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "causeway-sys-"));
});

afterEach(async () => {
  await broker?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(config: Partial<z.input<typeof brokerConfigSchema>> = {}): Promise<void> {
  const listeners = [{ type: "tcp" as const, bind: "127.0.0.1:0" }];
  const parsed = brokerConfigSchema.parse({
    data: join(folder, "data"),
    listeners,
    storage: { durability: "os" },
    ...config,
  });
  broker = await startBroker(parsed, "1.2.3", silentLogger);
}

async function client(clientId: string): Promise<RawClient> {
  const port = Number(/:(\d+)$/.exec(broker?.listeners[0] ?? "")?.[1]);
  const connected = await tcpClient(port);
  await connected.connect({ clientId });
  return connected;
}

async function topicsFor(filter: string): Promise<Map<string, IPublishPacket>> {
  const reader = await client("reader");
  await reader.subscribe(filter);
  const packets = (await reader.ping()) as IPublishPacket[];
  return new Map(packets.map((packet) => [packet.topic, packet]));
}

describe("the $SYS topics of a running broker", () => {
  it("are there for a new subscription, retained", async () => {
    await start();

    const topics = await topicsFor("$SYS/broker/+");

    expect([...topics.keys()].sort()).toEqual(["$SYS/broker/uptime", VERSION]);
    expect(topics.get(VERSION)).toMatchObject({ retain: true, qos: 0 });
    expect(String(topics.get(VERSION)?.payload)).toBe("causeway version 1.2.3");
  });

  it("reach who has subscribed when they change, with RETAIN as published", async () => {
    await start({ metrics: { sysInterval: 1 } });
    const reader = await client("reader");
    await reader.subscribe("$SYS/broker/uptime", { rh: 2, rap: true });

    expect(await reader.next()).toMatchObject({ topic: "$SYS/broker/uptime", retain: true });
  });

  it("count what clients do", async () => {
    await start({ metrics: { sysInterval: 1 } });
    const reader = await client("reader");

    await reader.subscribe("$SYS/broker/clients/connected", { rh: 2 });

    expect(String(((await reader.next()) as IPublishPacket).payload)).toBe("1");
  });

  it("are hidden from filters that begin with a wildcard [MQTT-4.7.2-1]", async () => {
    await start();

    expect(await topicsFor("#")).toEqual(new Map());
    expect(await topicsFor("+/broker/version")).toEqual(new Map());
  });

  it("can be left out", async () => {
    await start({ metrics: { sysInterval: 0 } });

    expect(await topicsFor("$SYS/#")).toEqual(new Map());
  });

  it("are never in the store: a broker started without them on the same data has none", async () => {
    await start();
    expect((await topicsFor("$SYS/#")).size).toBeGreaterThan(40);
    await broker?.stop();

    await start({ metrics: { sysInterval: 0 } });

    expect(await topicsFor("$SYS/#")).toEqual(new Map());
  });

  it("are read by whom the ACL lets read them", async () => {
    const aclFile = join(folder, "acl");
    await writeFile(aclFile, "topic read $SYS/broker/uptime\n");
    await start({ auth: { aclFile } });

    expect([...(await topicsFor("$SYS/#")).keys()]).toEqual(["$SYS/broker/uptime"]);
  });
});
