import { amqp } from "./amqp.js";
import { connections } from "./connections.js";
import { durable } from "./durable.js";
import { latency } from "./latency.js";
import { scale } from "./scale.js";
import { store } from "./store.js";
import { throughput } from "./throughput.js";

/** What stands in one line of the targets, small: see report/targets.js. */
const QUICK = [
  ...["pair", "fan-in", "fan-out"].flatMap((shape) => [0, 1, 2].map((qos) => `${shape}-qos${qos}`)),
  ...["sparse-qos0", "durable", "store-peer", "idle", "retained-start", "backlog"],
];

/** @type {import("./common.js").Scenario[]} */
export const allScenarios = [...throughput, ...latency, ...scale, ...connections, ...store, ...amqp];

/** @type {Record<string, import("./common.js").Scenario[]>} */
export const groups = {
  quick: allScenarios.filter(({ name }) => QUICK.includes(name)).map(asQuick),
  all: allScenarios,
  throughput,
  latency,
  scale,
  store,
  connections,
  durable,
  amqp,
};

/** QoS 1 and 2 have no target beside aedes; RabbitMQ takes too long to start. */
function asQuick(scenario) {
  const brokers = scenario.brokers.filter(
    (name) => name !== "rabbitmq" && (name !== "aedes" || scenario.qos === 0),
  );
  return {
    ...scenario,
    brokers: scenario.kind === "traffic" ? brokers : scenario.brokers,
    ...scenario.quick,
  };
}
