import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { type Broker, startBroker } from "../../../src/compose.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import { connectClient, persistent } from "../../support/mqtt-clients.ts";
import { aPublish, tcpClient } from "../../support/raw-client.ts";
import { lasting } from "../../support/test-broker.ts";

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface RunningBroker {
  readonly tcpPort: number;
  readonly wsPort: number;
  stop(): Promise<void>;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-mqtt-"));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The whole broker in this process, on ports of its choice; in memory unless it is given a folder. */
async function start(data?: string): Promise<RunningBroker> {
  const config = brokerConfigSchema.parse({
    listeners: [
      { type: "tcp", bind: "127.0.0.1:0" },
      { type: "ws", bind: "127.0.0.1:0" },
    ],
    storage: { durability: data === undefined ? "memory" : "os" },
    ...(data !== undefined && { data }),
  });
  const broker = await startBroker(config, "test", silentLogger);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= broker.stop();
    return stopped;
  };
  cleanUps.push(stop);
  return { tcpPort: portOf(broker, "tcp"), wsPort: portOf(broker, "ws"), stop };
}

function portOf({ listeners }: Broker, type: string): number {
  const found = listeners.map((line) => /^(\w+) .*:(\d+)/.exec(line)).find((match) => match?.[1] === type);
  return Number(found?.[2]);
}

async function clientOf(url: string, options: Parameters<typeof connectClient>[1]): Promise<MqttClient> {
  const client = await connectClient(url, { reconnectPeriod: 0, ...options });
  cleanUps.push(() => client.endAsync(true));
  return client;
}

/** Collects payloads until there are `count`. */
function collect(client: MqttClient, count: number): Promise<string[]> {
  const payloads: string[] = [];
  return new Promise((resolve) => {
    client.on("message", (_topic, payload) => {
      payloads.push(String(payload));
      if (payloads.length === count) resolve(payloads);
    });
  });
}

describe.each([
  ["TCP", 4],
  ["TCP", 5],
  ["WebSocket", 4],
  ["WebSocket", 5],
] as const)("MQTT.js over %s with protocol version %i", (transport, protocolVersion) => {
  const urlOf = ({ tcpPort, wsPort }: RunningBroker): string =>
    transport === "TCP" ? `mqtt://127.0.0.1:${tcpPort}` : `ws://127.0.0.1:${wsPort}/mqtt`;

  it.each([0, 1, 2] as const)("gets everything it publishes with QoS %i, in order", async (qos) => {
    const url = urlOf(await start());
    const client = await clientOf(url, { protocolVersion });
    const sent = Array.from({ length: 500 }, (_, i) => `${i}`);
    const received = collect(client, sent.length);
    await client.subscribeAsync("there/+", { qos });

    await Promise.all(sent.map((payload) => client.publishAsync("there/1", payload, { qos })));

    expect(await received).toEqual(sent);
  });

  it("gets a payload of nearly the largest size whole, and a retained one later", async () => {
    const url = urlOf(await start());
    const client = await clientOf(url, { protocolVersion });
    const payload = Buffer.alloc(1_000_000, "abcdefghij").toString();
    await client.publishAsync("large", payload, { qos: 1, retain: true });
    const received = collect(client, 1);

    await client.subscribeAsync("large", { qos: 1 });

    expect((await received)[0] === payload).toBe(true);
  });

  it("finds its session and its messages after the broker was stopped and started", async () => {
    const folder = await temporaryFolder();
    const before = await start(folder);
    const options = { clientId: "sleeper", ...persistent(protocolVersion) };
    const sleeper = await clientOf(urlOf(before), options);
    await sleeper.subscribeAsync("t", { qos: 2 });
    await sleeper.endAsync();
    const publisher = await clientOf(urlOf(before), { protocolVersion });
    for (const qos of [1, 2] as const) await publisher.publishAsync("t", `qos ${qos}`, { qos });
    await before.stop();

    const after = await start(folder);
    let received: Promise<string[]> = Promise.resolve([]);
    const client = await connectClient(urlOf(after), { ...options, reconnectPeriod: 0 }, (fresh) => {
      received = collect(fresh, 2);
    });
    cleanUps.push(() => client.endAsync(true));

    expect(await received).toEqual(["qos 1", "qos 2"]);
  });

  it("publishes its will when its socket breaks", async () => {
    const url = urlOf(await start());
    const watcher = await clientOf(url, { protocolVersion });
    const received = collect(watcher, 1);
    await watcher.subscribeAsync("will");
    const mortal = await clientOf(url, {
      protocolVersion,
      will: { topic: "will", payload: Buffer.from("gone"), qos: 0, retain: false },
    });

    mortal.stream.destroy();

    expect(await received).toEqual(["gone"]);
  });
});

describe("a broker that stops", () => {
  it("tells MQTT 5 clients so with 0x8B before it closes their sockets, and accepts no more", async () => {
    const broker = await start();
    const five = await tcpClient(broker.tcpPort, 5);
    await five.connect({ clientId: "five" });
    const four = await tcpClient(broker.tcpPort, 4);
    await four.connect({ clientId: "four" });
    const silent = await tcpClient(broker.tcpPort, 4);

    await broker.stop();

    expect(await five.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8b }]);
    expect(await four.rest()).toEqual([]);
    await silent.ended;
    await expect(tcpClient(broker.tcpPort)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("over real sockets", () => {
  it("a client of TCP and one of WebSocket, MQTT 3.1.1 and 5, reach each other", async () => {
    const broker = await start();
    const tcp = await clientOf(`mqtt://127.0.0.1:${broker.tcpPort}`, { protocolVersion: 4 });
    const ws = await clientOf(`ws://127.0.0.1:${broker.wsPort}/mqtt`, { protocolVersion: 5 });
    const atTcp = collect(tcp, 1);
    const atWs = collect(ws, 1);
    await Promise.all([tcp.subscribeAsync("to/tcp"), ws.subscribeAsync("to/ws")]);

    ws.publish("to/tcp", "from ws");
    tcp.publish("to/ws", "from tcp");

    expect([await atTcp, await atWs]).toEqual([["from ws"], ["from tcp"]]);
  });

  it("a client that stops reading loses QoS 0 only, and the others get everything", async () => {
    const broker = await start();
    const slow = await clientOf(`mqtt://127.0.0.1:${broker.tcpPort}`, { protocolVersion: 5 });
    await slow.subscribeAsync({ flood: { qos: 0 }, kept: { qos: 1 } });
    const quick = await clientOf(`mqtt://127.0.0.1:${broker.tcpPort}`, { protocolVersion: 5 });
    await quick.subscribeAsync("flood");
    const publisher = await tcpClient(broker.tcpPort);
    await publisher.connect({ clientId: "p" });
    const atQuick = collect(quick, 60);
    let keptCount = 0;
    let floodCount = 0;
    const last = new Promise<void>((resolve) => {
      slow.on("message", (topic) => {
        if (topic === "flood") floodCount++;
        else if (++keptCount === 20) resolve();
      });
    });

    (slow.stream as unknown as { pause(): void }).pause();
    const flood = aPublish({ topic: "flood", payload: Buffer.alloc(1_000_000, 1) });
    for (let i = 0; i < 60; i++) publisher.send(flood);
    for (let i = 1; i <= 20; i++) publisher.send(aPublish({ topic: "kept", qos: 1, messageId: i }));
    await publisher.take(20);
    await atQuick;
    (slow.stream as unknown as { resume(): void }).resume();
    await last;

    expect(keptCount).toBe(20);
    expect(floodCount).toBeLessThan(60);
  });

  it("a session that is taken over goes on where it stood, although the first socket never closes", async () => {
    const broker = await start();
    const first = await tcpClient(broker.tcpPort);
    await first.connect(lasting("a"));
    await first.subscribe("t", { qos: 1 });
    const publisher = await tcpClient(broker.tcpPort);
    await publisher.connect({ clientId: "p" });
    publisher.send(aPublish({ qos: 1, messageId: 1 }));
    const { messageId } = await first.next();

    const second = await tcpClient(broker.tcpPort);
    const connack = await second.connect(lasting("a"));

    expect(connack.sessionPresent).toBe(true);
    expect(await second.next()).toMatchObject({ cmd: "publish", messageId, dup: true });
    expect(await first.rest()).toMatchObject([{ cmd: "disconnect", reasonCode: 0x8e }]);
  });

  it("hundreds of connections that come at once and break the protocol leave the others alone", async () => {
    const broker = await start();
    const good = await tcpClient(broker.tcpPort);
    await good.connect({ clientId: "good" });
    await good.subscribe("t");

    const bad = await Promise.all(Array.from({ length: 200 }, () => tcpClient(broker.tcpPort)));
    for (const [i, client] of bad.entries()) client.sendBytes(Buffer.from([i, 255 - i, i, i, 0, 1, 2]));
    for (const client of bad) client.hangUp().catch(() => {});
    good.send(aPublish({ payload: "still here" }));

    expect(await good.next()).toMatchObject({ payload: Buffer.from("still here") });
    await Promise.all(bad.map((client) => client.ended));
  });
});
