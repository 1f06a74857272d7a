/**
 * A scenario is data; `kind` names the function in measure/kinds.js that runs it. Fields of its own stand beside these.
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} what One line for the reader.
 * @property {string} kind
 * @property {string[]} figures The figures its line in the table is about (report/figures.js), the first one for the chart.
 * @property {string[]} brokers Names of brokers/registry.js.
 * @property {object} [quick] What differs in the quick run.
 * @property {boolean} [isOptIn] Runs only when it is named.
 * @property {4 | 5 | "0-9-1"} version 4 is MQTT 3.1.1, 0-9-1 is AMQP.
 * @property {"tcp" | "tls" | "ws" | "amqp"} transport
 * @property {number} [fsyncDelayMs] What a simulated disk adds to each fsync of the broker.
 */

/**
 * @typedef {Scenario & object} Traffic
 * @property {0 | 1 | 2} qos Of publications and of subscriptions.
 * @property {number} publishers
 * @property {number} subscribers
 * @property {number} groups Publishers and subscribers are dealt to so many groups that share nothing.
 * @property {(group: number, i: number) => string[]} topics What a publisher publishes to, in turn.
 * @property {(group: number, i: number) => string[]} filters What a subscriber subscribes to, in one packet.
 * @property {number} fan Receivers of each message.
 * @property {number} window Messages per publisher that are not yet delivered, and at QoS 1 and 2 not yet acknowledged;
 *   a multiple of 4.
 * @property {number} [rate] Messages per second in all, one per write, and their latency; else as fast as it goes.
 * @property {number} payloadBytes
 * @property {boolean} [hasProperties] MQTT 5 properties with each message.
 * @property {"delivered" | "acknowledged"} counts What a message is counted by.
 * @property {"clean" | "persistent" | "offline"} session Of the subscribers. Offline ones leave before publishing
 *   begins, and come back when the time is over, for what was acknowledged.
 * @property {Partial<Traffic>} [probe] A second, paced load beside the first; then latencies are those of the second.
 * @property {number} [retained] Retained messages that are there.
 * @property {number} [idleSubscriptions] Subscriptions that match nothing.
 */

export const ALL = ["causeway", "mosquitto", "aedes", "rabbitmq"];
export const NODE_PEERS = ["causeway", "mosquitto", "aedes"];
/** Where aedes has no such feature, or would need hours. */
export const WITHOUT_AEDES = ["causeway", "mosquitto"];

/** @type {Partial<Scenario>} */
export const PLAIN = { brokers: WITHOUT_AEDES, version: 4, transport: "tcp", payloadBytes: 64 };

/** @type {Partial<Traffic>} One publisher, one subscriber, as fast as it goes. */
export const TRAFFIC = {
  ...PLAIN,
  kind: "traffic",
  figures: ["perSecond"],
  brokers: NODE_PEERS,
  clients: "bench",
  qos: 0,
  publishers: 1,
  subscribers: 1,
  groups: 1,
  topics: (group) => [`bench/${digits(group, 4)}/state`],
  filters: (group) => [`bench/${digits(group, 4)}/state`],
  fan: 1,
  window: 1_000,
  counts: "delivered",
  session: "clean",
};

/** @type {Partial<Traffic>} */
export const PAIR = { publishers: 10, subscribers: 10, groups: 10 };

/** Names are of one length whatever the number. */
export function digits(number, length) {
  return String(number).padStart(length, "0");
}
