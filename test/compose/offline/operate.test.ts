import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { parseArguments } from "../../../src/cli/command.ts";
import type { OperatorCommand } from "../../../src/cli/operator-commands.ts";
import { operate } from "../../../src/compose/offline/operate.ts";
import { startBroker } from "../../../src/compose.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import { removeFolder, temporaryFolder } from "../../storage/level/temporary-folder.ts";
import { freePort } from "../../support/free-port.ts";
import { aPublish, tcpClient } from "../../support/raw-client.ts";
import { lasting } from "../../support/test-broker.ts";

describe("an operator", () => {
  let folder: string;
  let data: string;
  let adminPort: number;
  let isStopped: Promise<void> | undefined;
  let stopBroker: (() => Promise<void>) | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder();
    data = join(folder, "data");
    adminPort = await freePort();
    isStopped = undefined;
    stopBroker = undefined;
  });
  afterEach(async () => {
    await stop();
    await removeFolder(folder);
  });

  function configFor(admin = adminPort) {
    return brokerConfigSchema.parse({
      data,
      listeners: [
        { type: "tcp", bind: "127.0.0.1:0" },
        { type: "admin", bind: `127.0.0.1:${admin}` },
      ],
      storage: { durability: "os" },
    });
  }

  async function start(): Promise<number> {
    const broker = await startBroker(configFor(), "1.2.3", silentLogger);
    stopBroker = () => broker.stop();
    return Number(/:(\d+)/.exec(broker.listeners[0] ?? "")?.[1]);
  }

  async function stop(): Promise<void> {
    isStopped ??= stopBroker?.();
    await isStopped;
  }

  /** A session with two messages that wait, and one retained message. */
  async function fill(tcpPort: number): Promise<void> {
    const subscriber = await tcpClient(tcpPort);
    await subscriber.connect(lasting("anna"));
    await subscriber.subscribe("plant/#", { qos: 1 });
    await subscriber.disconnect();
    const publisher = await tcpClient(tcpPort);
    await publisher.connect({ clientId: "publisher" });
    for (const messageId of [1, 2]) {
      publisher.send(aPublish({ topic: "plant/1", qos: 1, messageId, retain: true }));
      await publisher.next();
    }
    await publisher.disconnect();
  }

  async function run(argv: readonly string[], config = configFor()) {
    const output: string[] = [];
    const errors: string[] = [];
    const exitCode = await operate(parseArguments(argv, "1.2.3") as OperatorCommand, {
      configOf: ({ data: given }) => ({ ...config, data: given ?? config.data }),
      print: (text) => output.push(text),
      printError: (text) => errors.push(text),
    });
    return { exitCode, output: output.join("\n"), errors: errors.join("\n") };
  }

  it("looks into a broker while it runs, and into its folder when it does not", async () => {
    await fill(await start());
    const while_ = await run(["inspect", "sessions", "--json"]);
    await stop();
    const after = await run(["inspect", "sessions", "--json"]);
    const withoutConfig = await run(["inspect", "sessions", "--json", "--data", data]);

    for (const { output } of [while_, after, withoutConfig]) {
      expect(JSON.parse(output)).toMatchObject({
        clientId: "anna",
        isConnected: false,
        topicFilters: ["plant/#"],
        messages: 2,
        oldestMs: expect.any(Number),
      });
    }
    expect((await run(["inspect"])).output).toContain("not running: the folder was read");
    expect((await run(["inspect", "retained"])).output).toMatch(/^TOPIC .*\nplant\/1 /);
    expect((await run(["inspect", "queues"])).output).toMatch(/^NAME .*\nsession\/anna +2 /);
    expect((await run(["inspect", "bridges"])).output).toBe("no bridges");
  });

  it("changes nothing by looking", async () => {
    await fill(await start());
    await stop();
    const exported = async () => {
      const file = join(folder, `${Math.random()}.jsonl`);
      await run(["export", file]);
      return readFile(file, "utf8");
    };
    const before = await exported();

    await run(["inspect", "sessions"]);

    expect(await exported()).toBe(before);
    expect(await readdir(data)).toEqual(["store"]);
  });

  it("is told both ways that failed: no answer, and the folder is in use", async () => {
    await start();
    const elsewhere = configFor(await freePort());

    const asked = run(["inspect"], elsewhere);

    await expect(asked).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    await expect(asked).rejects.toThrow(
      /no answer .*in use by a broker: name its admin listener with --admin, or stop it/,
    );
  });

  it("is not shown a folder when the listener that was named does not answer", async () => {
    await fill(await start());
    await stop();

    const asked = run(["inspect", "--admin", `http://127.0.0.1:${await freePort()}`]);

    await expect(asked).rejects.toMatchObject({ code: "ADMIN_UNREACHABLE" });
  });

  it("moves a broker to another folder, where it goes on", async () => {
    await fill(await start());
    await stop();
    const file = join(folder, "backup.jsonl");
    const wasExported = await run(["export", file]);
    data = join(folder, "moved");
    const wasImported = await run(["import", file]);
    isStopped = undefined;

    const client = await tcpClient(await start());
    const connack = await client.connect(lasting("anna"));
    const messages = await client.take(2);

    expect(wasExported).toMatchObject({
      exitCode: 0,
      output: "",
      errors: expect.stringContaining("records exported"),
    });
    expect(wasImported).toMatchObject({ exitCode: 0, output: expect.stringContaining("records imported") });
    expect(connack.sessionPresent).toBe(true);
    expect(messages).toMatchObject([{ topic: "plant/1" }, { topic: "plant/1" }]);
    await client.disconnect();
  });

  it.each([["export"], ["import", "x.jsonl"], ["doctor"], ["doctor", "--repair"], ["inspect", "--data"]])(
    "is refused %s %s while a broker runs",
    async (...argv) => {
      await start();

      const refused = run(argv.at(-1) === "--data" ? [...argv, data] : argv);

      await expect(refused).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    },
  );

  it("learns from the exit code whether a store is sound", async () => {
    await fill(await start());
    await stop();
    expect(await run(["doctor"])).toMatchObject({ exitCode: 0, output: expect.stringContaining("sound") });

    const names = await readdir(join(data, "store"));
    await writeFile(join(data, "store", names.find((name) => name.startsWith("MANIFEST")) ?? ""), "");
    const damaged = await run(["doctor"]);
    const repaired = await run(["doctor", "--repair"]);

    expect(damaged).toMatchObject({ exitCode: 1, output: expect.stringContaining("doctor --repair") });
    expect(repaired).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("the damaged files are in"),
    });
    expect(await run(["doctor"])).toMatchObject({ exitCode: 0 });
  });

  it("is told when a folder holds no store", async () => {
    await mkdir(data);
    for (const command of ["inspect", "export", "doctor"]) {
      await expect(run([command, "--data", data])).rejects.toMatchObject({ code: "STORAGE_MISSING" });
    }
    expect(await readdir(data)).toEqual([]);
  });
});
