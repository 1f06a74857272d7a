import { figures, writeFigure, writeRatio } from "./figures.js";

const MIB = 2 ** 20;

/**
 * What the broker shall reach. With `against` the figure is the ratio to that broker's.
 * @typedef {{ what: string, scenario: string, figure: string, against?: string, atLeast?: number, atMost?: number }} Target
 * @type {Target[]}
 */
const targets = [
  ...traffic(0, "mosquitto", 8),
  ...traffic(0, "aedes", 20),
  ...traffic(1, "mosquitto", 8),
  ...traffic(2, "mosquitto", 5),
  {
    ...{ what: "500 → 500 sparse, CPU per message", scenario: "sparse-qos0" },
    ...{ figure: "brokerMicros", against: "mosquitto", atMost: 1.3 },
  },
  {
    ...{ what: "500 → 500 sparse, p99 latency", scenario: "sparse-qos0" },
    ...{ figure: "p99Ms", against: "mosquitto", atMost: 1 },
  },
  { what: "QoS 1 into offline sessions, fsync", scenario: "durable", figure: "perSecond", atLeast: 50_000 },
  {
    ...{ what: "the same beside mosquitto without persistence", scenario: "durable" },
    ...{ figure: "perSecond", against: "mosquitto", atLeast: 1 },
  },
  {
    ...{ what: "the store beside aedes-persistence-level", scenario: "store-peer" },
    ...{ figure: "perSecond", against: "aedes-persistence-level", atLeast: 10 },
  },
  {
    ...{ what: "QoS 1 into online sessions, disk beside memory, CPU", scenario: "writes-online" },
    ...{ figure: "brokerMicros", against: "causeway-memory", atMost: 1.5 },
  },
  { what: "idle connection, bytes", scenario: "idle", figure: "bytesPerConnection", atMost: 12 * 1_024 },
  { what: "1 M retained, start", scenario: "retained-start", figure: "startMs", atMost: 15_000 },
  { what: "1 M retained, first message", scenario: "retained-start", figure: "firstMs", atMost: 50 },
  { what: "1 M retained, longest stall", scenario: "retained-start", figure: "longestStallMs", atMost: 50 },
  { what: "1 M queued, memory growth", scenario: "backlog", figure: "memoryQueuedBytes", atMost: 64 * MIB },
  { what: "1 M queued, drained", scenario: "backlog", figure: "drainedPerSecond", atLeast: 50_000 },
  {
    ...{ what: "10 M queued, peak memory", scenario: "backlog-ten-million" },
    ...{ figure: "brokerPeakBytes", atMost: 512 * MIB },
  },
  ...[
    ["AMQP, confirmed persistent", "amqp-confirmed", 3],
    ["AMQP, transient to consumers", "amqp-transient", 2],
    ["AMQP, persistent to consumers", "amqp-persistent", 2],
    ["AMQP, acknowledged one by one", "amqp-manual-ack", 2],
  ].map(([what, scenario, atLeast]) => ({
    ...{ what: `${what}, beside rabbitmq`, scenario, figure: "perSecond", against: "rabbitmq", atLeast },
  })),
  {
    ...{ what: "AMQP, 1 M queued, drained, beside rabbitmq", scenario: "amqp-backlog" },
    ...{ figure: "drainedPerSecond", against: "rabbitmq", atLeast: 1 },
  },
  {
    ...{ what: "AMQP, 1 M queued, memory, beside rabbitmq", scenario: "amqp-backlog" },
    ...{ figure: "memoryFullBytes", against: "rabbitmq", atMost: 1 },
  },
];

function traffic(qos, against, atLeast) {
  const shapes = { pair: "10 → 10", "fan-in": "50 → 1", "fan-out": "1 → 50" };
  return Object.entries(shapes).map(([shape, arrow]) => ({
    ...{ what: `${arrow}, QoS ${qos}, beside ${against}`, scenario: `${shape}-qos${qos}` },
    ...{ figure: "perSecond", against, atLeast },
  }));
}

/** A line to a target whose scenario was measured. @param {{ name: string, brokers: object, size?: number }[]} scenarios */
export function targetLines(scenarios) {
  const rows = targets.flatMap((target) => {
    const scenario = scenarios.find(({ name }) => name === target.scenario);
    return scenario === undefined ? [] : [targetLine(target, scenario)];
  });
  return [["target", "figure", "wanted", "measured", ""], ...rows];
}

function targetLine(target, scenario) {
  const { what, figure, against, atLeast, atMost } = target;
  const write = (value) => (against ? writeRatio(value) : writeFigure(figure, value));
  const value = measured(target, scenario);
  const wanted = atLeast === undefined ? `≤ ${write(atMost)}` : `≥ ${write(atLeast)}`;
  return [what, figures[figure].title, wanted, write(value), verdict(target, value) + sizeNote(scenario)];
}

function measured({ figure, against }, { brokers }) {
  const [subject] = Object.values(brokers);
  const value = subject?.[figure]?.median;
  return against === undefined ? value : value / brokers[against]?.[figure]?.median;
}

function verdict({ atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }, value) {
  if (!Number.isFinite(value)) return "not measured";
  return value >= atLeast && value <= atMost ? "reached" : "missed";
}

/** A quick run says that it was smaller than the target wants. */
function sizeNote({ size, fullSize }) {
  return size === fullSize ? "" : ` (at ${size.toLocaleString("en-US")})`;
}
