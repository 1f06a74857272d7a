import { ALL, PAIR, TRAFFIC } from "./common.js";

const OFFLINE = {
  ...TRAFFIC,
  qos: 1,
  publishers: 10,
  fan: 0,
  counts: "acknowledged",
  session: "offline",
};
const WRITES = ["perSecond", "brokerMicros", "writtenPerPayloadByte", "storeOperationsPerMessage"];

/** Acknowledged messages for sessions that are away. */
export const durable = [
  {
    ...OFFLINE,
    ...PAIR,
    name: "durable",
    what: "10 publishers at QoS 1, each to one offline persistent session; counted by PUBACK, then fetched (not timed)",
    figures: ["perSecond"],
    brokers: ["causeway", "causeway-os", "mosquitto", "mosquitto-persistent", ...ALL.slice(2)],
    quick: { brokers: ["causeway", "mosquitto"] },
  },
  {
    ...OFFLINE,
    ...PAIR,
    name: "durable-slow-disk",
    what: "the same on a disk whose fsync takes 5 ms longer",
    fsyncDelayMs: 5,
    brokers: ["causeway"],
  },
];

const writes = [
  { name: "one offline session", id: "1", subscribers: 1, payloadBytes: 64 },
  { name: "10 offline sessions", id: "10", subscribers: 10, payloadBytes: 64 },
  { name: "10 offline sessions, 4 KiB", id: "10-4kib", subscribers: 10, payloadBytes: 4_096, window: 100 },
];

/** What the disk has to take for a message. */
export const writeAmplification = [
  ...writes.map(({ name, id, ...rest }) => ({
    ...OFFLINE,
    name: `writes-offline-${id}`,
    what: `10 publishers at QoS 1, all to ${name}: bytes written per payload byte, puts and deletes per message`,
    figures: WRITES,
    brokers: ["causeway"],
    ...rest,
  })),
  ...["", "-slow-disk"].map((disk) => ({
    ...TRAFFIC,
    ...PAIR,
    name: `writes-online${disk}`,
    what: `10 → 10 at QoS 1 into persistent sessions that acknowledge at once${disk && ", fsync takes 5 ms longer"}`,
    figures: WRITES,
    qos: 1,
    session: "persistent",
    brokers: ["causeway", "causeway-memory"],
    ...(disk && { fsyncDelayMs: 5 }),
  })),
];
