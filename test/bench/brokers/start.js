import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onCore, withAllFiles } from "../system/machine.js";
import { makeCertificate } from "./certificate.js";
import { brokers } from "./registry.js";
import { slowFsync } from "./slow-fsync.js";

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 10;
const SPARE_PORTS = 5;
const running = new Set();
let certificate;

process.once("exit", () => {
  for (const pid of running) endGroup(pid);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/**
 * A running broker in a folder of its own.
 * @typedef {object} Broker
 * @property {number} pid
 * @property {number} port
 * @property {number | undefined} metricsPort
 * @property {string} folder
 * @property {string | undefined} certificate The file a client trusts.
 * @property {() => Promise<number>} restart Milliseconds from the start until it accepts connections.
 * @property {() => Promise<void>} stop
 */

/** Starts a broker on free ports and waits until it accepts connections. @returns {Promise<Broker>} */
export async function startBroker(name, { transport, fsyncDelayMs }) {
  const kind = brokers[name];
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  const [port, metricsPort, ...spare] = await freePorts(2 + SPARE_PORTS);
  if (transport === "tls") certificate ??= makeCertificate();
  const place = { port, metricsPort, folder, transport, certificate, takePort: () => spare.pop() };
  const { command, environment, companion } = kind.start(place);
  const env = { ...process.env, ...environment, ...(fsyncDelayMs && slowFsync(fsyncDelayMs)) };
  const beside = companion && launch(companion, env, folder);
  let child;

  const start = async () => {
    const begin = performance.now();
    child = launch(onCore(0, withAllFiles(command)), env, folder);
    await untilReady(child, port);
    return performance.now() - begin;
  };
  const stop = async () => {
    for (const each of [child, beside]) if (each !== undefined) await end(each);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw new Error(`${name} did not start: ${error.message}`);
  }
  return {
    get pid() {
      return child.pid;
    },
    port,
    metricsPort: kind.hasMetrics ? metricsPort : undefined,
    folder,
    certificate: certificate?.cert,
    stop,
    async restart() {
      await end(child);
      return await start();
    },
  };
}

/** In a process group of its own: what a script has started ends with it. */
function launch([program, ...parameters], env, folder) {
  const child = spawn(program, parameters, {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
    env,
    detached: true,
  });
  if (child.pid !== undefined) running.add(child.pid);
  child.complaints = [];
  child.stderr.on("data", (bytes) => child.complaints.length < 100 && child.complaints.push(bytes));
  child.on("error", (error) => child.complaints.push(Buffer.from(error.message)));
  return child;
}

async function end(child) {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(impatience);
  }
  if (child.pid !== undefined) endGroup(child.pid);
  running.delete(child.pid);
}

function endGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // nobody is left in the group
  }
}

async function untilReady(child, port) {
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; ) {
    if (child.exitCode !== null)
      throw new Error(`exit code ${child.exitCode}\n${Buffer.concat(child.complaints)}`);
    if (await accepts(port)) return;
    await delay(POLL_MS);
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

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}
