import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "./broker-process.ts";

// Stands in for the broker: echoes its configuration, is ready after a line per listener, exits 7 on SIGTERM.
const FAKE_BROKER = `
const config = require("node:fs").readFileSync(process.argv[3], "utf8");
if (config.includes("broken")) { console.log("cannot read it"); process.exit(3); }
console.log(config);
console.log(process.env.FLAVOUR, process.argv.slice(4).join(" "));
process.on("SIGTERM", () => process.exit(7));
setTimeout(() => console.log(process.env.JSON_LINES ? '{"level":30,"msg":"ready"}' : "ready"), 50);
setInterval(() => {}, 1000);
`;

describe("startBroker", () => {
  let folder: string;
  let script: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-fake-broker-"));
    script = join(folder, "fake.cjs");
    await writeFile(script, FAKE_BROKER);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives every listener a free port and hands over environment and arguments", async () => {
    const broker = await startBroker({ script, env: { FLAVOUR: "plain" }, args: ["--set", "a=b"] });
    try {
      expect(new Set([broker.tcpPort, broker.wsPort, broker.adminPort]).size).toBe(3);
      expect(broker.output()).toContain(`127.0.0.1:${broker.tcpPort}`);
      expect(broker.output()).toContain(`data: ${broker.dataFolder}`);
      expect(broker.output()).toContain("plain --set a=b");
    } finally {
      await broker.dispose();
    }
  });

  it("keeps what a configuration in YAML says and fills in port 0", async () => {
    const config = 'mqtt: { maximumQoS: 1 }\nlisteners:\n  - { type: amqp, bind: "127.0.0.1:0" }\n';
    const broker = await startBroker({ script, config, env: { JSON_LINES: "1" } });
    try {
      expect(broker.output()).toContain("maximumQoS: 1");
      expect(broker.portOf("amqp")).toBeGreaterThan(0);
      expect(() => broker.tcpPort).toThrow("no listener of type tcp");
    } finally {
      await broker.dispose();
    }
  });

  it("starts again on the same ports and data after a kill and after a stop", async () => {
    const broker = await startBroker({ script });
    try {
      const { tcpPort, dataFolder } = broker;
      await writeFile(join(dataFolder, "kept"), "yes");

      await broker.kill();
      await broker.restart();
      expect(await broker.stop()).toBe(7);
      await broker.restart();

      expect(broker.output()).toContain(`127.0.0.1:${tcpPort}`);
      expect(await readFile(join(broker.dataFolder, "kept"), "utf8")).toBe("yes");
    } finally {
      await broker.dispose();
    }
  });

  it("fails with the output of a broker that ends before it is ready", async () => {
    await expect(startBroker({ script, config: { broken: true } })).rejects.toThrow("cannot read it");
  });

  it("says what to do when nothing has been built", async () => {
    await expect(startBroker({ script: join(folder, "absent.js") })).rejects.toThrow("npm run build");
  });
});
