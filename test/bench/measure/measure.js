import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brokers } from "../brokers/registry.js";
import { maySlowFsync } from "../brokers/slow-fsync.js";
import { startBroker } from "../brokers/start.js";
import { onCore, openFilesLimit, withAllFiles } from "../system/machine.js";
import { kinds } from "./kinds.js";

const GENERATOR = fileURLToPath(new URL("../generator/generator.js", import.meta.url));
const FILES_BESIDE = 200;
const DEFAULT_TIMEOUT_SECONDS = 900;
const run = promisify(execFile);

/** Why a scenario cannot be measured on this machine; undefined when it can. */
export function obstacleTo(scenario) {
  const { fsyncDelayMs, connections = scenario.publishers + scenario.subscribers } = scenario;
  if (fsyncDelayMs !== undefined && !maySlowFsync) return "a slower fsync needs a C compiler (cc)";
  const files = connections + FILES_BESIDE;
  if (files > openFilesLimit()) {
    return `${files} open files per process are needed, the hard limit is ${openFilesLimit()} (ulimit -Hn)`;
  }
  return undefined;
}

/** The version of what is measured; undefined when it is not installed or lacks the transport. */
export function versionFor(name, { kind, transport }) {
  if (kind === "storePeer") return "";
  return brokers[name].transports.includes(transport) ? brokers[name].version() : undefined;
}

/**
 * One scenario, one broker, once: a fresh broker on a core of its own, the generator on another.
 * @param {{ seconds: number, warmupSeconds: number }} settings
 */
export async function measure(scenario, name, settings) {
  if (scenario.kind === "storePeer") return await kinds.storePeer({ scenario, name });
  const broker = await startBroker(name, scenario);
  try {
    const generate = (task) => runGenerator(task, scenario, broker, settings);
    return await kinds[scenario.kind]({ broker, generate });
  } finally {
    await broker.stop();
  }
}

async function runGenerator(task, scenario, broker, settings) {
  const { name, version, transport, messages, connections, settleSeconds, waitForSpaceSeconds } = scenario;
  const { port, pid, folder, certificate } = broker;
  // Asking for metrics takes some of the broker's time: only where they are wanted.
  const wantsMetrics = scenario.figures.includes("storeOperationsPerMessage");
  const metricsPort = wantsMetrics ? broker.metricsPort : undefined;
  /** @type {import("../generator/tasks/tasks.js").Order} */
  const order = {
    ...{ scenario: name, changes: { messages, connections, settleSeconds, waitForSpaceSeconds }, task },
    ...{ target: { port, version, transport, certificate }, brokerPid: pid, metricsPort, folder },
    ...settings,
  };
  const command = withAllFiles([
    process.execPath,
    "--max-old-space-size=8192",
    GENERATOR,
    JSON.stringify(order),
  ]);
  const [program, ...parameters] = onCore(1, command);
  const timeout = (scenario.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1_000;
  try {
    const { stdout } = await run(program, parameters, { timeout });
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(
      error.killed ? `not done after ${timeout / 1_000} s` : reasonIn(error.stderr ?? "") || error.message,
    );
  }
}

/** The line of a stack trace that says what happened. */
function reasonIn(stderr) {
  return /^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr.trim();
}
