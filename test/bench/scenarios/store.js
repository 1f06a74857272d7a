import { PLAIN } from "./common.js";
import { durable, writeAmplification } from "./durable.js";

const MILLION = 1_000_000;

const storePeer = {
  ...PLAIN,
  kind: "storePeer",
  name: "store-peer",
  what: "the store alone, one offline session's messages queued, read and acknowledged, 500 at a time",
  figures: ["perSecond", "storeMicros"],
  brokers: ["store", "store-no-fsync", "aedes-persistence-level"],
  messages: 200_000,
  quick: { messages: 100_000 },
};

const retained = {
  ...PLAIN,
  qos: 0,
  messages: MILLION,
  quick: { messages: 100_000 },
};

/** Mosquitto keeps retained messages over a restart only with persistence. */
const retainedStart = {
  ...retained,
  kind: "retainedStart",
  name: "retained-start",
  what: "retained messages, each with its topic: restart, then a subscriber of all of them",
  figures: ["startMs", "firstMs", "longestStallMs", "deliveredPerSecond"],
  brokers: ["causeway", "mosquitto-persistent"],
  quick: { ...retained.quick, brokers: ["causeway"] },
};

const retainedStorm = {
  ...retained,
  kind: "retainedStorm",
  name: "retained-storm",
  what: "retained messages published with QoS 1, then a subscriber of all of them",
  figures: ["retainedPerSecond", "firstMs", "deliveredPerSecond", "longestStallMs"],
  messages: 100_000,
};

const backlog = {
  ...PLAIN,
  kind: "backlog",
  name: "backlog",
  what: "messages with QoS 1 for one offline session, then the session comes for them",
  figures: [
    ...["memoryQueuedBytes", "memoryQueuedAnonBytes", "memoryDrainedBytes", "memoryDrainedAnonBytes"],
    ...["queuedPerSecond", "drainedPerSecond"],
    ...["diskFullBytes", "diskDrainedBytes", "diskLeftBytes", "spaceBackMs"],
  ],
  qos: 1,
  messages: MILLION,
  waitForSpaceSeconds: 60,
  quick: { messages: 100_000, waitForSpaceSeconds: 1, brokers: ["causeway"] },
};

export const store = [
  ...durable,
  storePeer,
  retainedStart,
  retainedStorm,
  backlog,
  {
    ...backlog,
    name: "backlog-ten-million",
    messages: 10 * MILLION,
    figures: ["brokerPeakBytes", ...backlog.figures],
    brokers: ["causeway"],
    isOptIn: true,
    timeoutSeconds: 7_200,
    quick: {},
  },
  ...writeAmplification,
];
