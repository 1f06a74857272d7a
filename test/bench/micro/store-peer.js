// The store against aedes-persistence-level on the same work: queue messages for one offline session, then hand each
// out and take its acknowledgement. After a build: node store-peer.js store|store-no-fsync|aedes-persistence-level MESSAGES
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import aedesPersistence from "aedes-persistence-level";
import { ClassicLevel } from "classic-level";

import { silentLogger } from "../../../dist/src/base/logger.js";
import { LevelStore } from "../../../dist/src/storage/level/level-store.js";

const [contestant = "store", messages = "20000"] = process.argv.slice(2);
const MESSAGES = Number(messages);
/** Under way at a time, for both: a commit of ours, concurrent calls of theirs. */
const GROUP = 500;
const TOPIC = "sensors/plant-1/line-7/temperature";
const payload = Buffer.alloc(64, 65);
const nothing = () => {};

async function ours(folder, sync) {
  const queue = {
    slot: 3,
    id: 1,
    name: "q",
    createdAt: 1,
    headSeq: 0,
    nextSeq: 0,
    count: 0,
    bytes: 0,
    sentEnd: 0,
  };
  const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };
  const store = new LevelStore({ folder, sync }, silentLogger);
  const kinds = [
    "queue",
    "session",
    "subscription",
    "received",
    "retained",
    "definition",
    "usedQueueId",
    "corrupt",
  ];
  await store.open(Object.fromEntries(kinds.map((kind) => [kind, nothing])));
  const start = performance.now();
  for (let seq = 0; seq < MESSAGES; ) {
    for (const end = seq + GROUP; seq < end; seq++) store.putEntry(queue, { ...anEntry(seq), delivery });
    store.putQueue({ ...queue, nextSeq: seq });
    await store.commit();
  }
  for (let seq = 0; seq < MESSAGES; ) {
    const entries = await store.readEntries(queue, seq, MESSAGES, GROUP, 1024 * 1024);
    for (const entry of entries) store.deleteEntry(queue, entry);
    seq += entries.length;
    store.putQueue({ ...queue, headSeq: seq, nextSeq: MESSAGES });
    await store.commit();
  }
  const took = performance.now() - start;
  await store.close();
  return took;
}

function anEntry(seq) {
  const message = {
    topicName: TOPIC,
    payload,
    qos: 1,
    retain: false,
    properties: undefined,
    publisherId: "sensor-17",
    receivedAt: 1_700_000_000_000,
    expiresAt: 0,
    envelope: undefined,
  };
  return { seq, message, body: undefined, deliveryCount: 0, stored: 0 };
}

async function theirs(folder) {
  const database = new ClassicLevel(folder);
  const persistence = aedesPersistence(database);
  await new Promise((resolve, reject) => {
    persistence.once("ready", resolve);
    persistence.once("error", reject);
    persistence.broker = { id: "broker" };
  });
  const call = (name, ...args) =>
    new Promise((resolve, reject) => {
      persistence[name](...args, (error, value) => (error ? reject(error) : resolve(value)));
    });
  const client = { id: "session" };
  const packetOf = (n) => ({
    cmd: "publish",
    brokerId: "broker",
    brokerCounter: n + 1,
    topic: TOPIC,
    payload,
    qos: 1,
    retain: false,
    messageId: 1 + (n % 65_535),
  });
  const start = performance.now();
  await inGroups((n) =>
    call("outgoingEnqueueCombi", [{ clientId: client.id, topic: TOPIC, qos: 1 }], packetOf(n)),
  );
  await inGroups(async (n) => {
    await call("outgoingUpdate", client, packetOf(n));
    await call("outgoingClearMessageId", client, packetOf(n));
  });
  const took = performance.now() - start;
  await database.close();
  return took;
}

async function inGroups(task) {
  for (let first = 0; first < MESSAGES; first += GROUP) {
    await Promise.all(Array.from({ length: GROUP }, (_, i) => task(first + i)));
  }
}

const contestants = {
  store: (folder) => ours(folder, true),
  "store-no-fsync": (folder) => ours(folder, false),
  "aedes-persistence-level": theirs, // it never asks for an fsync
};
const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
const took = await contestants[contestant](folder);
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ perSecond: (MESSAGES * 1000) / took, storeMicros: (took * 1000) / MESSAGES }));
