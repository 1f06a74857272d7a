import { ALL, digits, NODE_PEERS, PAIR, TRAFFIC, WITHOUT_AEDES } from "./common.js";

/** At QoS 2 every broker slows down with what is in flight; Mosquitto most, whose lists are searched from the front. */
const WINDOWS = [1_000, 1_000, 100];

const SHAPES = [
  { shape: "pair", what: "10 publishers, each to its own subscriber", ...PAIR },
  {
    shape: "fan-in",
    what: "50 publishers with a topic each, one subscriber with a wildcard",
    publishers: 50,
    subscribers: 1,
    topics: (_group, i) => [`bench/${digits(i, 4)}/state`],
    filters: () => ["bench/+/state"],
  },
  {
    shape: "fan-out",
    what: "one publisher, 50 subscribers of its topic",
    subscribers: 50,
    fan: 50,
  },
];

const QOS = [0, 1, 2];
const basic = SHAPES.flatMap(({ shape, ...rest }) =>
  QOS.map((qos) => ({
    ...TRAFFIC,
    ...rest,
    name: `${shape}-qos${qos}`,
    qos,
    window: WINDOWS[qos],
    brokers: qos === 2 ? NODE_PEERS : ALL, // RabbitMQ's plugin has no QoS 2
  })),
);

/** Windows are small where messages are large: what is on its way is bounded in bytes. */
const PAYLOADS = [
  { size: "16b", payloadBytes: 16, windows: { pair: 1_000, "fan-out": 1_000 } },
  { size: "1kib", payloadBytes: 1_024, windows: { pair: 400, "fan-out": 200 } },
  { size: "64kib", payloadBytes: 65_536, windows: { pair: 16, "fan-out": 4 } },
];

const payloads = PAYLOADS.flatMap(({ size, payloadBytes, windows }) =>
  Object.entries(windows).flatMap(([shape, window]) =>
    [0, 1].map((qos) => ({
      ...basic.find(({ name }) => name === `${shape}-qos${qos}`),
      name: `${shape}-qos${qos}-${size}`,
      payloadBytes,
      window,
      brokers: NODE_PEERS,
    })),
  ),
);

/** Ten ways to say the same thousand topics: 10,000 filters, and each message matches one of every subscriber's. */
const FORMS = ["fleet/%/+", "fleet/%/#", "+/%/state", "+/%/+", "+/%/#", "fleet/%/state/#", "fleet/%/+/#"];
const MORE_FORMS = ["+/%/state/#", "+/%/+/#", "fleet/%/state"];
const DEVICES = Array.from({ length: 1_000 }, (_, i) => digits(i, 4));

const wildcard = {
  ...TRAFFIC,
  what: "one publisher of 1,000 topics, 10 subscribers with 1,000 filters each, all different, nine of ten with wildcards",
  publishers: 1,
  subscribers: 10,
  fan: 10,
  topics: () => DEVICES.map((device) => `fleet/${device}/state`),
  filters: (_group, i) => DEVICES.map((device) => [...FORMS, ...MORE_FORMS][i].replace("%", device)),
};

const shared = {
  ...TRAFFIC,
  what: "one publisher, 10 members of one shared subscription, MQTT 5",
  version: 5,
  subscribers: 10,
  filters: () => ["$share/workers/bench/state"],
  topics: () => ["bench/state"],
  brokers: WITHOUT_AEDES,
};

const pairs = [0, 1].map((qos) => ({ ...TRAFFIC, ...PAIR, what: SHAPES[0].what, qos, brokers: NODE_PEERS }));

/** Aedes 1.2 speaks MQTT 3 only. */
const MQTT5 = { version: 5, brokers: WITHOUT_AEDES };

export const throughput = [
  ...basic,
  ...payloads,
  ...QOS.map((qos) => ({ ...wildcard, name: `wildcard-qos${qos}`, qos, window: WINDOWS[qos] })),
  ...[0, 1].map((qos) => ({ ...shared, name: `shared-qos${qos}`, qos })), // Causeway grants no more than QoS 1
  ...pairs.map((pair) => ({ ...pair, name: `pair-qos${pair.qos}-mqtt5`, ...MQTT5 })),
  ...pairs.map((pair) => ({
    ...pair,
    name: `pair-qos${pair.qos}-mqtt5-properties`,
    what: `${pair.what}; a content type and two user properties`,
    ...MQTT5,
    hasProperties: true,
  })),
  ...pairs.flatMap((pair) =>
    ["tls", "ws"].map((transport) => ({ ...pair, name: `pair-qos${pair.qos}-${transport}`, transport })),
  ),
];
