import { digits, NODE_PEERS, TRAFFIC, WITHOUT_AEDES } from "./common.js";

const PACED = { ...TRAFFIC, rate: 20_000, figures: ["brokerMicros", "p50Ms", "p99Ms", "p999Ms"] };

const sparse = {
  ...PACED,
  what: "500 publishers, each to its own subscriber, 20,000 messages per second in all, one per write",
  publishers: 500,
  subscribers: 500,
  groups: 500,
};

const manyToOne = {
  ...PACED,
  name: "fan-in-5000",
  what: "5,000 publishers, one subscriber, 20,000 messages per second in all, one per write",
  publishers: 5_000,
  topics: (_group, i) => [`bench/${digits(i, 4)}/state`],
  filters: () => ["bench/+/state"],
};

/** Ten clients of another topic, 100 messages per second in all. */
const QUIET = {
  clients: "quiet",
  qos: 0,
  publishers: 10,
  subscribers: 10,
  groups: 10,
  topics: (group) => [`quiet/${digits(group, 4)}/state`],
  filters: (group) => [`quiet/${digits(group, 4)}/state`],
  rate: 100,
};

const fairness = [0, 1].map((qos) => ({
  ...TRAFFIC,
  name: `fairness-qos${qos}`,
  what: `one publisher at full speed with QoS ${qos}; latency of other clients' 100 messages per second`,
  figures: ["p50Ms", "p99Ms", "longestMs", "perSecond"],
  qos,
  probe: QUIET,
}));

export const latency = [
  ...[0, 1].map((qos) => ({ ...sparse, name: `sparse-qos${qos}`, qos })),
  { ...manyToOne, brokers: WITHOUT_AEDES },
  ...fairness.map((each) => ({ ...each, brokers: NODE_PEERS })),
];
