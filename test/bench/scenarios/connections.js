import { ALL, NODE_PEERS, PLAIN, WITHOUT_AEDES } from "./common.js";

const idle = {
  ...PLAIN,
  kind: "idle",
  name: "idle",
  what: "10,000 connections that say nothing: memory of each, and how fast they came, 100 at a time",
  figures: ["bytesPerConnection", "connectsPerSecond", "connectMicros"],
  brokers: ALL,
  connections: 10_000,
  settleSeconds: 20,
  quick: { connections: 5_000, settleSeconds: 10, brokers: ["causeway"] },
};

const storm = {
  ...PLAIN,
  kind: "reconnect",
  figures: ["connectsPerSecond", "connectMicros", "p99Ms"],
  connections: 5_000,
  settleSeconds: 2,
};

export const connections = [
  idle,
  {
    ...storm,
    name: "reconnect-clean",
    what: "5,000 clients with clean sessions lose their connections and come back, all at once",
    session: "clean",
    brokers: NODE_PEERS,
  },
  {
    ...storm,
    name: "reconnect-persistent",
    what: "5,000 clients with persistent sessions lose their connections and come back, all at once",
    session: "persistent",
    brokers: WITHOUT_AEDES,
  },
];
