import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onCore } from "./machine.js";

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 10_000;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(ROOT, "dist/src/main.js");
const AEDES = fileURLToPath(new URL("./aedes-broker.js", import.meta.url));
const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"].find(existsSync);

/**
 * How each broker is started: `command(port, folder)` writes what configuration it needs into the folder.
 * @type {Record<string, { note: string, version: () => string | undefined, command: (port: number, folder: string) => string[] }>}
 */
export const brokers = {
  causeway: causeway("disk", "durability disk: fsync before an acknowledgement"),
  "causeway-os": causeway("os", "durability os: written, no fsync"),
  mosquitto: mosquitto("persistence off", ["persistence false"]),
  "mosquitto-persistent": mosquitto("whole database written every second, no fsync", [
    "persistence true",
    "autosave_interval 1",
  ]),
  aedes: {
    note: "in memory",
    version: () => versionOf("node_modules/aedes/package.json"),
    command: (port) => [process.execPath, AEDES, String(port)],
  },
};

function causeway(durability, note) {
  return {
    note,
    version: () => (existsSync(MAIN) ? versionOf("package.json") : undefined),
    command(port, folder) {
      const config = {
        data: join(folder, "data"),
        listeners: [{ type: "tcp", bind: `127.0.0.1:${port}` }],
        auth: { anonymous: "always" },
        sessions: { maximumQueuedMessages: 0, maximumQueuedBytes: 0 },
        storage: { durability },
      };
      const file = join(folder, "broker.yaml");
      writeFileSync(file, JSON.stringify(config)); // JSON is YAML
      return [process.execPath, MAIN, "--config", file];
    },
  };
}

function mosquitto(note, persistence) {
  return {
    note: `set_tcp_nodelay, queues and inflight unlimited, ${note}`,
    version: () => MOSQUITTO && /version (\S+)/.exec(helpOf(MOSQUITTO))?.[1],
    command(port, folder) {
      const lines = [
        `listener ${port} 127.0.0.1`,
        "allow_anonymous true",
        "set_tcp_nodelay true",
        "max_queued_messages 0",
        "max_inflight_messages 0",
        "log_dest none",
        `persistence_location ${folder}/`,
        ...(process.getuid?.() === 0 ? ["user root"] : []),
        ...persistence,
      ];
      const file = join(folder, "mosquitto.conf");
      writeFileSync(file, `${lines.join("\n")}\n`);
      return [MOSQUITTO, "-c", file];
    },
  };
}

/** Starts a broker on a free port in a folder of its own and waits until it accepts connections. */
export async function startBroker(name) {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  const port = await freePort();
  const [program, ...parameters] = onCore(0, brokers[name].command(port, folder));
  const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  const complaints = [];
  child.stderr.on("data", (bytes) => complaints.length < 100 && complaints.push(bytes));
  const broker = { port, pid: child.pid, stop: () => stopBroker(child, folder) };
  try {
    await untilReady(child, port);
  } catch (error) {
    await broker.stop();
    throw new Error(`${name} did not start: ${error.message}\n${Buffer.concat(complaints)}`);
  }
  return broker;
}

async function stopBroker(child, folder) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(impatience);
  }
  rmSync(folder, { recursive: true, force: true });
}

async function untilReady(child, port) {
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`);
    if (await accepts(port)) return;
    await delay(50);
  }
  throw new Error(`nothing accepts connections after ${START_TIMEOUT_MS} ms`);
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = dial({ port, host: "127.0.0.1" });
    const tell = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => tell(true)).once("error", () => tell(false));
  });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function versionOf(file) {
  const path = join(ROOT, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : undefined;
}

function helpOf(program) {
  try {
    return execFileSync(program, ["-h"], { encoding: "utf8" });
  } catch (error) {
    return String(error.stdout); // mosquitto -h exits with 3
  }
}
