// npm run demo -- [--page-port N] [--mqtt-port N] [--websocket-port N] [--admin-port N] [--data FOLDER]
import { readArguments } from "./arguments.js";
import { bridgesFromEnvironment } from "./bridges.js";
import { BrokerFailure, startBroker } from "./broker.js";
import { createClimate } from "./climate.js";
import { startPageServer } from "./page-server.js";
import { startSensors } from "./sensors.js";

const STATUS_MS = 5_000;
/** sysexits.h EX_UNAVAILABLE, as the broker ends when a port is taken. */
const UNAVAILABLE = 69;

const options = readArguments(process.argv.slice(2), process.env);
const bridges = bridgesFromEnvironment(process.env);
const closables = [];
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));

try {
  await start();
} catch (error) {
  console.error(error instanceof BrokerFailure ? error.message : error);
  await stop(error.exitCode ?? UNAVAILABLE);
}

async function start() {
  const broker = await startBroker({ options, bridges, say, isStopping: () => isStopping });
  closables.unshift(broker);
  if (isStopping) return stop(0);
  const { tcp, ws, admin } = broker.addresses;
  const sensors = startSensors(`mqtt://${tcp}`, createClimate());
  closables.unshift(sensors);
  const page = await startPageServer({ options, broker, bridges, say });
  closables.unshift(page);

  console.log(`Causeway demo
  broker   mqtt://${tcp} and ws://${ws}, process ${broker.pid}
  metrics  http://${admin}/metrics
  bridges  ${bridges.length === 0 ? "none: set KAFKA_BROKERS=host:port or AMQP_URL=amqp://host" : describeBridges()}
  sensors  ${sensors.count}, half of them MQTT 5, half MQTT 3.1.1; QoS 1
  page     ${page.url}
Ctrl-C ends it. Kill the broker (kill -9 ${broker.pid}) to see that no acknowledged reading is lost.`);
  const timer = setInterval(() => say(sensors.status()), STATUS_MS);
  closables.unshift({ close: () => clearInterval(timer) });
}

function describeBridges() {
  return bridges.map(({ system, target }) => `${system} ${target}`).join("; ");
}

function say(line) {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

/** Closes in the opposite order of opening: the broker goes last and stores what the sensors sent. */
async function stop(exitCode) {
  if (isStopping) return;
  isStopping = true;
  for (const closable of closables) await closable.close();
  process.exit(exitCode);
}
