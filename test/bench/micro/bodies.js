// A message for several queues: its body inside each entry, or once beside a count. Processor time of all threads and bytes
// handed to LevelDB, per entry, from publishing over reading back to the acknowledgement.
//   npm run build && node test/bench/micro/bodies.js [dist=../../../dist]
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const dist = resolve(process.argv[2] ?? resolve(import.meta.dirname, "../../../dist"));
const load = (path) => import(pathToFileURL(join(dist, "src", path)).href);
const { silentLogger } = await load("base/logger.js");
const { LevelStore } = await load("storage/level/level-store.js");

const RECEIVERS = [1, 2, 5, 10];
const SIZES = [64, 256, 1024, 4096, 16_384];
/** Entries written in a run: enough for LevelDB to merge files, unless payloads are large. */
const ENTRIES = 20_000;
const BYTES = 48 * 1024 * 1024;
const ROUNDS = 3;
const GROUP = 250;
const nothing = () => {};
const loader = new Proxy({}, { get: () => nothing });
const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };

function queueOf(i) {
  return {
    slot: i,
    id: i + 1,
    name: `q${i}`,
    createdAt: 1,
    headSeq: 0,
    nextSeq: 0,
    count: 0,
    bytes: 0,
    sentEnd: 0,
  };
}

async function run(receivers, size, isShared) {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bodies-"));
  const store = new LevelStore({ folder, sync: false }, silentLogger);
  await store.open(loader);
  const queues = Array.from({ length: receivers }, (_, i) => queueOf(i));
  const messages = Math.floor(Math.min(ENTRIES, BYTES / size) / receivers);
  const pool = randomBytes(1024 * 1024 + size);
  let bytes = 0;
  const cpu = process.cpuUsage();
  for (let seq = 0; seq < messages; seq++) {
    const at = (seq * 7919) % (1024 * 1024);
    const message = {
      topicName: "sensors/plant-1/line-7/temperature",
      payload: Buffer.from(pool.subarray(at, at + size)),
      qos: 1,
      retain: false,
      properties: undefined,
      publisherId: "sensor-17",
      receivedAt: 1_700_000_000_000,
      expiresAt: 0,
      envelope: undefined,
    };
    const body = isShared ? { slot: 0, queueId: 1, seq, references: 0, stored: false } : undefined;
    for (const queue of queues) {
      store.putEntry(queue, { seq, message, delivery, body, deliveryCount: 0, stored: 0 });
    }
    if (seq % GROUP === GROUP - 1) bytes += (await store.commit()).bytes;
  }
  bytes += (await store.commit()).bytes;
  for (const queue of queues) {
    for (let from = 0; from < messages; ) {
      const entries = await store.readEntries(queue, from, messages, 512, 1024 * 1024);
      for (const entry of entries) store.deleteEntry(queue, entry);
      from = entries.at(-1).seq + 1;
      bytes += (await store.commit()).bytes;
    }
  }
  await store.close();
  const { user, system } = process.cpuUsage(cpu);
  rmSync(folder, { recursive: true });
  const entries = messages * receivers;
  return { micros: (user + system) / entries, bytes: bytes / entries };
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

console.log(`µs of processor time and bytes written per entry, median of ${ROUNDS}; Node ${process.version}`);
console.log("payload  receivers   in each entry          shared");
for (const size of SIZES) {
  for (const receivers of RECEIVERS) {
    const found = { inline: [], shared: [] };
    for (let round = 0; round < ROUNDS; round++) {
      found.inline.push(await run(receivers, size, false));
      found.shared.push(await run(receivers, size, true));
    }
    const cell = (runs) =>
      `${median(runs.map(({ micros }) => micros))
        .toFixed(1)
        .padStart(7)} µs ${runs[0].bytes.toFixed(0).padStart(7)} B`;
    console.log(
      `${String(size).padStart(7)}  ${String(receivers).padStart(9)} ${cell(found.inline)}  ${cell(found.shared)}`,
    );
  }
}
