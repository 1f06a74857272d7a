import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClassicLevel } from "classic-level";
import type { IPublishPacket } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { type AedesReport, importAedes } from "../../../src/compose/offline/import-aedes.ts";
import { startBroker } from "../../../src/compose.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import { removeFolder, temporaryFolder } from "../../storage/level/temporary-folder.ts";
import { aPublish, type RawClient, tcpClient } from "../../support/raw-client.ts";
import { ServerProcess } from "../../support/services/server-process.ts";
import { readState } from "./states.ts";

const SERVER = fileURLToPath(new URL("aedes-server.js", import.meta.url));
const NOW = 1_700_000_000_000;

describe("moving from Aedes", () => {
  let folder: string;
  let aedesFolder: string;
  let data: string;
  const cleanUps: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder();
    aedesFolder = join(folder, "aedes");
    data = join(folder, "data");
    cleanUps.push(() => removeFolder(folder));
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  /** Runs Aedes on its folder while `use` does, then kills it. */
  async function withAedes(
    use: (connect: (clientId: string, more?: object) => Promise<RawClient>) => Promise<void>,
  ) {
    const aedes = new ServerProcess({ command: process.execPath, args: [SERVER, aedesFolder] });
    cleanUps.push(() => aedes.kill());
    const port = (): number => Number(/listening on (\d+)/.exec(aedes.output())?.[1]);
    await aedes.waitUntil("listening", () => port() > 0, 30_000);
    await use((clientId, more) => connectTo(port(), clientId, more));
    await aedes.kill();
  }

  async function connectTo(port: number, clientId: string, more: object = {}): Promise<RawClient> {
    const client = await tcpClient(port, 4);
    await client.connect({ clientId, clean: false, ...more });
    return client;
  }

  async function publish(client: RawClient, fields: Partial<IPublishPacket>): Promise<void> {
    client.send(aPublish({ messageId: 9, qos: 1, ...fields }));
    expect(await client.next()).toMatchObject({ cmd: "puback" });
    await client.ping();
  }

  function importIt(usersFile?: string): Promise<AedesReport> {
    return importAedes(data, { path: aedesFolder, usersFile, expiryInterval: 3600, now: Date.now() });
  }

  async function connectToOurs(): Promise<(clientId: string, more?: object) => Promise<RawClient>> {
    const config = brokerConfigSchema.parse({
      data,
      listeners: [{ type: "tcp", bind: "127.0.0.1:0" }],
      storage: { durability: "os" },
    });
    const broker = await startBroker(config, "test", silentLogger);
    cleanUps.push(() => broker.stop());
    const port = Number(/:(\d+)/.exec(broker.listeners[0] ?? "")?.[1]);
    return (clientId, more) => connectTo(port, clientId, more);
  }

  it("hands a session its messages in order, with the QoS its subscriptions grant", async () => {
    await withAedes(async (connect) => {
      const subscriber = await connect("anna");
      for (const [topic, qos] of [
        ["low/#", 1],
        ["high/+", 2],
        ["none", 0],
      ] as const) {
        await subscriber.subscribe(topic, { qos });
      }
      await subscriber.disconnect();
      const publisher = await connect("publisher", { clean: true });
      for (let i = 0; i < 20; i++) await publish(publisher, { topic: "low/1", payload: `${i}` });
      publisher.send(aPublish({ topic: "low/1", payload: "twice", qos: 2, messageId: 1 }));
      await publisher.next();
      publisher.send({ cmd: "pubrel", messageId: 1 });
      await publisher.next();
      await publish(publisher, { topic: "none", payload: "lost" });
    });

    const report = await importIt();

    expect(Object.fromEntries(report.counts)).toMatchObject({ session: 1, subscription: 3, message: 21 });
    const connect = await connectToOurs();
    const resumed = await connect("anna");
    const messages = (await resumed.take(21)) as IPublishPacket[];
    expect(messages.map(({ payload }) => payload.toString())).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `${i}`),
      "twice",
    ]);
    expect(messages.every(({ qos, dup, retain }) => qos === 1 && !dup && !retain)).toBe(true);
    for (const { messageId } of messages) resumed.send({ cmd: "puback", messageId: messageId as number });
    const publisher = await connect("other");
    await publish(publisher, { topic: "high/1", payload: "new" });
    expect(await resumed.next()).toMatchObject({ cmd: "publish", topic: "high/1", qos: 1 });
  }, 60_000);

  it("goes on with the packet ids of what was under way: PUBLISH with DUP, PUBREL [MQTT-4.4.0-1]", async () => {
    const ids: number[] = [];
    await withAedes(async (connect) => {
      const subscriber = await connect("anna");
      await subscriber.subscribe("#", { qos: 2 });
      const publisher = await connect("publisher", { clean: true });
      for (const messageId of [1, 2]) {
        publisher.send(aPublish({ topic: "t", payload: `${messageId}`, qos: 2, messageId }));
        await publisher.next();
        const { messageId: id } = (await subscriber.next()) as IPublishPacket;
        ids.push(id as number);
      }
      subscriber.send({ cmd: "pubrec", messageId: ids[0] as number });
      expect(await subscriber.next()).toMatchObject({ cmd: "pubrel" });
    });

    await importIt();

    const resumed = await (await connectToOurs())("anna");
    expect(await resumed.next()).toMatchObject({ cmd: "pubrel", messageId: ids[0] });
    expect(await resumed.next()).toMatchObject({ cmd: "publish", messageId: ids[1], dup: true, qos: 2 });
  }, 60_000);

  it("delivers a QoS 2 message once that was received and not released [MQTT-4.3.3-10]", async () => {
    await withAedes(async (connect) => {
      const sender = await connect("sender");
      await sender.subscribe("x", { qos: 0 });
      sender.send(aPublish({ topic: "t", qos: 2, messageId: 77 }));
      expect(await sender.next()).toMatchObject({ cmd: "pubrec" });
    });

    await importIt();

    const connect = await connectToOurs();
    const watcher = await connect("watcher");
    await watcher.subscribe("t", { qos: 1 });
    const sender = await connect("sender");
    sender.send(aPublish({ topic: "t", qos: 2, messageId: 77, dup: true }));
    expect(await sender.next()).toMatchObject({ cmd: "pubrec", messageId: 77 });
    expect(await watcher.ping()).toEqual([]);
  }, 60_000);

  it("brings retained messages, and publishes the wills of those who were connected", async () => {
    await withAedes(async (connect) => {
      const will = { topic: "gone/x", payload: Buffer.from("bye"), qos: 1, retain: false };
      const watcher = await connect("watcher");
      await watcher.subscribe("gone/#", { qos: 1 });
      await watcher.disconnect();
      const client = await connect("mortal", { will, clean: true });
      await publish(client, { topic: "plant/ü", payload: "21.5", retain: true });
      await publish(client, { topic: "cleared", payload: "1", retain: true });
      await publish(client, { topic: "cleared", payload: "", retain: true });
    });

    await importIt();

    const connect = await connectToOurs();
    const watcher = await connect("watcher");
    expect(await watcher.next()).toMatchObject({ cmd: "publish", topic: "gone/x", qos: 1 });
    await watcher.subscribe("#");
    expect(await watcher.next()).toMatchObject({ cmd: "publish", topic: "plant/ü", retain: true });
    expect(await watcher.ping()).toEqual([]);
  }, 60_000);

  it("gives sessions to the users of a file; the others are counted", async () => {
    await withAedes(async (connect) => {
      for (const clientId of ["a:1", "b"]) await (await connect(clientId)).subscribe("t", { qos: 1 });
    });
    const users = join(folder, "users");
    await writeFile(users, "anna:a:1\n");

    const report = await importIt(users);

    expect(report).toMatchObject({ sessionsWithoutUser: 1, skippedCount: 0 });
    const { sessions } = (await readState(data)) as { sessions: { clientId: string; user: string }[] };
    expect(new Map(sessions.map(({ clientId, user }) => [clientId, user]))).toEqual(
      new Map([
        ["a:1", "anna"],
        ["b", ""],
      ]),
    );
  }, 60_000);

  it("refuses what is no folder of Aedes, and leaves ours empty", async () => {
    await mkdir(aedesFolder);
    await expect(importIt()).rejects.toThrow(`${aedesFolder}: is no LevelDB folder`);

    const foreign = new ClassicLevel(aedesFolder);
    await foreign.put("something", "else");
    await foreign.close();
    await expect(importIt()).rejects.toThrow(`${aedesFolder}: was not written by aedes-persistence-level`);
    expect(await readdir(data)).toEqual(["store"]);
  });

  it("names the line of a users file that is wrong", async () => {
    const users = join(folder, "users");
    await writeFile(users, "anna:a\nbert\n");

    await expect(
      importAedes(data, { path: aedesFolder, usersFile: users, expiryInterval: 1, now: NOW }),
    ).rejects.toThrow(`${users}:2: must be user:clientId`);
  });
});
