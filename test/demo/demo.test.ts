import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ServerProcess } from "../support/services/server-process.ts";

const DEMO = fileURLToPath(new URL("./demo.js", import.meta.url));
const START_MS = 60_000;
const PORTS = ["page", "mqtt", "websocket", "admin"];

describe("npm run demo", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-demo-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const startDemo = (ports: Record<string, number> = {}, env: NodeJS.ProcessEnv = {}): ServerProcess => {
    const flags = PORTS.flatMap((name) => [`--${name}-port`, String(ports[name] ?? 0)]);
    const args = [DEMO, ...flags, "--data", join(folder, "data")];
    const demo = new ServerProcess({ command: process.execPath, args, env });
    onTestFinished(() => demo.kill());
    return demo;
  };

  const whenReady = (demo: ServerProcess): Promise<void> =>
    demo.waitUntil("ready", () => demo.output().includes("Ctrl-C ends it"), START_MS);

  it("connects fifty sensors, and ends everything at Ctrl-C with exit code 0", async () => {
    const demo = startDemo();
    await whenReady(demo);
    await demo.waitUntil("publishing", () => demo.output().includes("50 of 50 sensors connected"), START_MS);
    const brokerPid = Number(/process (\d+)/.exec(demo.output())?.[1]);

    process.kill(-demo.pid, "SIGINT");

    expect(await demo.exited).toBe(0);
    expect(() => process.kill(brokerPid, 0)).toThrow("ESRCH");
  });

  it.each([
    ["mqtt", "--mqtt-port"],
    ["page", "--page-port"],
  ])("says which port is taken and how to choose another: %s", async (name, flag) => {
    const port = await takePort();

    const demo = startDemo({ [name]: port });

    expect(await demo.exited).toBe(69);
    expect(demo.output()).toContain(`127.0.0.1:${port} is taken`);
    expect(demo.output()).toContain(flag);
  });

  it("switches bridges on by KAFKA_BROKERS and AMQP_URL, and shows no password", async () => {
    const unreachable = await takePort();
    const target = `127.0.0.1:${unreachable}`;

    const demo = startDemo({}, { KAFKA_BROKERS: target, AMQP_URL: `amqp://user:secret@${target}/` });
    await whenReady(demo);

    expect(demo.output()).toContain(`Kafka ${target}, topic sensor-data-queue; AMQP amqp://${target}/`);
    const page = /page +(\S+)/.exec(demo.output())?.[1] ?? "";
    const status = await (await fetch(`${page}status.json`)).text();
    expect(JSON.parse(status).bridges).toMatchObject([{ name: "analytics" }, { name: "operations" }]);
    expect(demo.output() + status).not.toContain("secret");
  });
});

/** A loopback port on which something listens that hangs up at once. */
async function takePort(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
