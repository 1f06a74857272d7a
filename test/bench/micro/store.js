// Microseconds per entry through the two stores: put and commit in groups, read back, and taken out before the commit.
// Needs a build: npm run build && node test/bench/micro/store.js
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { silentLogger } from "../../../dist/src/base/logger.js";
import { LevelStore } from "../../../dist/src/storage/level/level-store.js";
import { MemoryStore } from "../../../dist/src/storage/memory/memory-store.js";

const ENTRIES = 200_000;
const GROUP = 500;
const queue = { slot: 3, id: 1, name: "q", createdAt: 1, headSeq: 0, nextSeq: 0, count: 0, bytes: 0 };
const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };
const nothing = () => {};
const loader = {
  queue: nothing,
  session: nothing,
  subscription: nothing,
  received: nothing,
  retained: nothing,
  corrupt: nothing,
};

function entryOf(seq, payload) {
  const message = {
    topicName: "sensors/plant-1/line-7/temperature",
    payload,
    qos: 1,
    retain: false,
    properties: undefined,
    publisherId: "sensor-17",
    receivedAt: 1_700_000_000_000,
    expiresAt: 0,
  };
  return { seq, message, delivery, body: undefined, stored: 0 };
}

async function write(store, payload, isElided) {
  for (let seq = 0; seq < ENTRIES; ) {
    for (const end = seq + GROUP; seq < end; seq++) {
      const entry = entryOf(seq, payload);
      store.putEntry(queue, entry);
      if (isElided) store.deleteEntry(queue, entry);
    }
    store.putQueue({ ...queue, nextSeq: seq });
    await store.commit();
  }
}

async function read(store) {
  for (let seq = 0; seq < ENTRIES; ) {
    const entries = await store.readEntries(queue, seq, ENTRIES, 1000, 1024 * 1024);
    seq += entries.length;
  }
}

/** Wall and processor time (all threads) of `run`, in microseconds per entry. */
async function timed(run) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await run();
  const wall = Number(process.hrtime.bigint() - start) / 1000 / ENTRIES;
  const { user, system } = process.cpuUsage(cpu);
  return `${wall.toFixed(2)} µs (cpu ${((user + system) / ENTRIES).toFixed(2)})`;
}

async function measure(name, make, bytes) {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  const store = make(folder);
  await store.open(loader);
  const payload = Buffer.alloc(bytes, 65);
  const elided = await timed(() => write(store, payload, true));
  const stored = await timed(() => write(store, payload, false));
  const readBack = await timed(() => read(store));
  await store.close();
  rmSync(folder, { recursive: true });
  console.log(`${name}, ${bytes} B: stored ${stored}, elided ${elided}, read back ${readBack}`);
}

for (const bytes of [64, 1024]) {
  await measure("level, sync", (folder) => new LevelStore({ folder, sync: true }, silentLogger), bytes);
  await measure("level", (folder) => new LevelStore({ folder, sync: false }, silentLogger), bytes);
  await measure("memory", () => new MemoryStore(), bytes);
}
