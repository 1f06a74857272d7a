import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../config/examples/demo.yaml", import.meta.url));
/** The listeners of demo.yaml, in its order. */
const LISTENERS = ["tcp", "ws", "admin"];
const LISTENING = /^listening on (tcp|ws|admin) (\S+)$/;
const PORT_TAKEN = 69;
const RESTART_MS = 1_500;
const STOP_MS = 12_000;
const KEPT_ERRORS = 4_096;

const PORT_HELP = `Choose another one, for example
  npm run demo -- --mqtt-port 1884 --websocket-port 8084 --admin-port 18084
or by DEMO_MQTT_PORT, DEMO_WEBSOCKET_PORT, DEMO_ADMIN_PORT; 0 takes a free one.`;

/** The broker did not start; the message is the broker's own, with what can be done. */
export class BrokerFailure extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Starts the built broker in a process of its own and starts it again, on the same ports, whenever it dies.
 * It is in the demo's process group: Ctrl-C reaches it too.
 */
export async function startBroker({ options, bridges, say, isStopping }) {
  const ports = [options.mqttPort, options.websocketPort, options.adminPort];
  let settings = ports.flatMap((port, index) =>
    port === undefined ? [] : ["--set", `listeners.${index}.bind=127.0.0.1:${port}`],
  );
  if (options.data !== undefined) settings.push("--set", `data=${options.data}`);
  // By the environment, not by --set: an AMQP URL may hold a password, and arguments can be seen by all.
  const environment = { ...process.env };
  if (bridges.length > 0) environment.CAUSEWAY_BRIDGES = JSON.stringify(bridges.map(({ config }) => config));

  let running = await launch(settings, environment, say);
  const { addresses } = running;
  settings = [...settings, ...LISTENERS.flatMap((type, index) => bindAgain(index, addresses[type]))];
  let restarts = 0;
  const supervision = supervise();

  return {
    addresses,
    get pid() {
      return running.child.pid;
    },
    get restarts() {
      return restarts;
    },
    async close() {
      running.child.kill("SIGTERM");
      const patience = setTimeout(() => running.child.kill("SIGKILL"), STOP_MS);
      await supervision;
      clearTimeout(patience);
    },
  };

  async function supervise() {
    for (;;) {
      await running.exited;
      if (isStopping()) return;
      say(`broker: process ${running.child.pid} has ended; starting it again`);
      await delay(RESTART_MS);
      if (isStopping()) return;
      await launch(settings, environment, say).then(
        (next) => {
          running = next;
          restarts++;
          say(`broker: process ${next.child.pid} is ready`);
          if (isStopping()) next.child.kill("SIGTERM");
        },
        (error) => say(error.message),
      );
    }
  }
}

/** The path of a ws listener is no part of its `bind`. */
function bindAgain(index, address) {
  return ["--set", `listeners.${index}.bind=${address.replace(/\/.*$/, "")}`];
}

async function launch(settings, environment, say) {
  const child = spawn(process.execPath, [MAIN, "--config", CONFIG, ...settings], {
    cwd: ROOT,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const killNow = () => child.kill("SIGKILL");
  process.once("exit", killNow);
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-KEPT_ERRORS);
  });
  const exited = once(child, "close").finally(() => process.off("exit", killNow));
  const addresses = await Promise.race([whenReady(child, say), exited.then(() => undefined)]);
  if (addresses !== undefined) return { child, exited, addresses };
  const help = child.exitCode === PORT_TAKEN ? `\n${PORT_HELP}` : "";
  throw new BrokerFailure(`The broker did not start: ${errors.trim()}${help}`, child.exitCode ?? 1);
}

function whenReady(child, say) {
  const addresses = {};
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { level, msg } = readLogLine(line);
      const [, type, address] = LISTENING.exec(msg) ?? [];
      if (type !== undefined) addresses[type] = address;
      if (msg === "ready") resolve(addresses);
      if (level === "warn" || level === "error" || level === "fatal") say(`broker: ${level}: ${msg}`);
    });
  });
}

function readLogLine(line) {
  try {
    return { level: "", msg: "", ...JSON.parse(line) };
  } catch {
    return { level: "", msg: line };
  }
}
