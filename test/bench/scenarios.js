/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} what One line for the reader.
 * @property {0 | 1 | 2} qos Of publications and of subscriptions.
 * @property {number} publishers
 * @property {number} subscribers
 * @property {number} groups Publishers and subscribers are dealt to so many groups that share nothing.
 * @property {string} topic Where a publisher publishes; `%g` is its group, `%i` its number.
 * @property {string} filter What a subscriber subscribes to; `%g` is its group.
 * @property {number} fan Receivers of each message.
 * @property {number} window Messages per publisher that are not yet delivered, and at QoS 1 and 2 not yet acknowledged.
 * @property {number | undefined} rate Messages per second in all, one per write, and their latency; else as fast as it goes.
 * @property {number} payloadBytes
 * @property {"delivered" | "acknowledged"} counts What a message is counted by.
 * @property {boolean} isOffline Subscribers leave a persistent session behind and go before publishing begins.
 * @property {string[]} brokers Names from brokers.js, the subject first.
 */

const PEERS = ["causeway", "mosquitto", "aedes"];
/** At QoS 2 every broker slows down with what is in flight; Mosquitto most, whose lists are searched from the front. */
const WINDOWS = [1_000, 1_000, 100];
/** Names are of one length whatever the number, so that all frames of a scenario are of one length. */
const COMMON = {
  rate: undefined,
  window: 1_000,
  payloadBytes: 64,
  counts: "delivered",
  isOffline: false,
  brokers: PEERS,
};

const SHAPES = [
  {
    shape: "pair",
    what: "10 publishers, each to its own subscriber",
    publishers: 10,
    subscribers: 10,
    groups: 10,
    topic: "bench/%g/state",
    filter: "bench/%g/state",
    fan: 1,
  },
  {
    shape: "fan-in",
    what: "50 publishers with a topic each, one subscriber with a wildcard",
    publishers: 50,
    subscribers: 1,
    groups: 1,
    topic: "bench/%i/state",
    filter: "bench/+/state",
    fan: 1,
  },
  {
    shape: "fan-out",
    what: "one publisher, 50 subscribers of its topic",
    publishers: 1,
    subscribers: 50,
    groups: 1,
    topic: "bench/%g/state",
    filter: "bench/%g/state",
    fan: 50,
  },
];

/** @type {Scenario[]} */
const live = [0, 1, 2].flatMap((qos) =>
  SHAPES.map(({ shape, ...rest }) => ({
    ...COMMON,
    ...rest,
    name: `${shape}-qos${qos}`,
    qos,
    window: WINDOWS[qos],
  })),
);

/** @type {Scenario} */
const durable = {
  ...COMMON,
  name: "durable",
  what: "10 publishers at QoS 1, each to one offline persistent session; counted by PUBACK, then fetched (not timed)",
  qos: 1,
  publishers: 10,
  subscribers: 10,
  groups: 10,
  topic: "bench/%g/state",
  filter: "bench/%g/state",
  fan: 0,
  counts: "acknowledged",
  isOffline: true,
  brokers: ["causeway", "causeway-os", "mosquitto", "mosquitto-persistent", "aedes"],
};

/** @type {Scenario} */
const sparse = {
  ...COMMON,
  name: "sparse-qos0",
  what: "500 publishers, each to its own subscriber, 20,000 messages per second in all, one per write",
  qos: 0,
  publishers: 500,
  subscribers: 500,
  groups: 500,
  topic: "bench/%g/state",
  filter: "bench/%g/state",
  fan: 1,
  rate: 20_000,
};

export const scenarios = [...live, sparse, durable];
