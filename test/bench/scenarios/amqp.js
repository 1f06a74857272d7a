/**
 * @typedef {import("./common.js").Scenario & object} AmqpScenario
 * @property {number} queues Each with a connection that publishes, and one that consumes.
 * @property {boolean} isDurable Queues and messages.
 * @property {boolean} hasConfirms
 * @property {boolean} hasConsumers Else messages are counted by their confirms.
 * @property {number} prefetch 0: nothing is acknowledged.
 * @property {number} window Messages per publisher that are not yet confirmed, or not yet delivered; a multiple of 4.
 */

const AMQP = {
  kind: "amqpTraffic",
  version: "0-9-1",
  transport: "amqp",
  figures: ["perSecond", "brokerMicros", "brokerPeakBytes"],
  brokers: ["causeway", "causeway-os", "rabbitmq"],
  queues: 10,
  isDurable: true,
  hasConfirms: false,
  hasConsumers: true,
  prefetch: 0,
  fan: 1,
  window: 1_000,
  payloadBytes: 64,
  publishers: 10,
  subscribers: 10,
};

/** Work queues beside RabbitMQ. @type {AmqpScenario[]} */
export const amqp = [
  {
    ...AMQP,
    name: "amqp-confirmed",
    what: "10 publishers with confirms, persistent, each to one durable queue without consumers; counted by confirm",
    hasConfirms: true,
    hasConsumers: false,
    fan: 0,
  },
  {
    ...AMQP,
    name: "amqp-confirmed-1kib",
    what: "the same with messages of 1 KiB",
    hasConfirms: true,
    hasConsumers: false,
    fan: 0,
    payloadBytes: 1_024,
  },
  {
    ...AMQP,
    name: "amqp-transient",
    what: "10 → 10 through queues that are not durable, no acknowledgements",
    isDurable: false,
    quick: { brokers: ["causeway", "rabbitmq"] },
  },
  {
    ...AMQP,
    name: "amqp-persistent",
    what: "10 → 10 persistent through durable queues, no acknowledgements",
  },
  {
    ...AMQP,
    name: "amqp-manual-ack",
    what: "10 → 10 persistent through durable queues, confirmed, every message acknowledged, prefetch 100",
    hasConfirms: true,
    prefetch: 100,
  },
  {
    ...AMQP,
    name: "amqp-backlog",
    kind: "amqpBacklog",
    what: "persistent messages confirmed into one durable queue, then drained with acknowledgements, prefetch 1,000",
    figures: ["drainedPerSecond", "queuedPerSecond", "memoryFullBytes", "memoryGrowthBytes", "diskFullBytes"],
    hasConfirms: true,
    hasConsumers: false,
    fan: 0,
    queues: 1,
    window: 4_000,
    prefetch: 1_000,
    messages: 1_000_000,
    quick: { messages: 100_000 },
  },
];
