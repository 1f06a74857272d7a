// A backlog far larger than memory: messages for offline queues through the state machine, the journal and LevelDB, the
// restart, and the drain. Prints rates, the peak of the process's own memory, and what the folder takes on disk.
//   npm run build && node test/bench/micro/ten-million.js [messages=10000000] [queues=100] [dist=../../../dist]
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [messages = "10000000", queues = "100", dist = resolve(import.meta.dirname, "../../../dist")] =
  process.argv.slice(2);
const MESSAGES = Number(messages);
const QUEUES = Number(queues);
const PER_TURN = 500;
const load = (path) => import(pathToFileURL(join(resolve(dist), "src", path)).href);
const { systemClock: clock } = await load("base/clock.js");
const { silentLogger: logger } = await load("base/logger.js");
const { LocalJournal } = await load("state/local-journal.js");
const { StateMachine } = await load("state/state-machine.js");
const { LevelStore } = await load("storage/level/level-store.js");

const nothing = () => {};
const effects = new Proxy({}, { get: () => nothing });
const folder = mkdtempSync(join(tmpdir(), "causeway-ten-million-"));
let peak = 0;
let commits = [];
const watch = setInterval(() => {
  peak = Math.max(peak, ownMemory());
}, 50);

/** Without the pages of LevelDB's tables, which the system drops when it needs memory. */
function ownMemory() {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "latin1") : "";
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(status) ?? [];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1024;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function onDisk() {
  const location = join(folder, "store");
  return readdirSync(location).reduce((sum, name) => sum + statSync(join(location, name)).size, 0);
}

function percentile(values, share) {
  return values.length === 0 ? 0 : values.sort((a, b) => a - b)[Math.floor(values.length * share)];
}

async function open() {
  const store = new LevelStore({ folder, sync: true }, logger);
  const machine = new StateMachine(store, effects);
  const observeCommit = (_result, seconds) => commits.push(seconds * 1000);
  const journal = new LocalJournal({ machine, store, clock, logger, observeCommit, commitFailed: nothing });
  await machine.load();
  return { store, machine, journal };
}

/** Runs a phase and prints what it took. */
async function phase(name, count, task) {
  peak = 0;
  commits = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  const remark = (await task()) ?? "";
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const perMessage = (user + system) / Math.max(1, count);
  peak = Math.max(peak, ownMemory());
  console.log(
    `${name.padEnd(34)} ${seconds.toFixed(1).padStart(7)} s  ${((count / seconds / 1000) | 0).toString().padStart(5)} k/s ` +
      ` ${perMessage.toFixed(1).padStart(5)} µs CPU each  peak ${megabytes(peak).padStart(7)}  disk ${megabytes(onDisk()).padStart(8)}` +
      `  commits p50 ${percentile(commits, 0.5).toFixed(1)} ms, p99 ${percentile(commits, 0.99).toFixed(1)} ms${remark}`,
  );
}

async function enqueue({ machine, journal }) {
  const all = Array.from({ length: QUEUES }, (_, i) => {
    journal.append({ type: "declare", name: `session/client-${i}`, at: 1 });
    return machine.queue(`session/client-${i}`);
  });
  const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };
  for (let sent = 0; sent < MESSAGES; ) {
    for (const end = Math.min(MESSAGES, sent + PER_TURN); sent < end; sent++) {
      const message = {
        topicName: "sensors/plant-1/line-7/temperature",
        payload: Buffer.from(
          `{"device":"sensor-${sent % 5000}","value":${Math.random()}}`.padEnd(64).slice(0, 64),
        ),
        qos: 1,
        retain: false,
        properties: undefined,
        publisherId: "sensor-17",
        receivedAt: 1_700_000_000_000,
        expiresAt: 0,
        envelope: undefined,
      };
      const targets = [{ queue: all[sent % QUEUES], delivery }];
      journal.append({
        type: "publish",
        message,
        targets,
        retain: false,
        receivedFor: undefined,
        packetId: 0,
        willOf: undefined,
      });
    }
    await new Promise((resolve) =>
      journal.isBehind ? journal.whenCaughtUp(resolve) : setImmediate(resolve),
    );
  }
  await journal.drain();
}

/** Takes and settles `count` messages, 256 of a queue in a turn of the loop. Resolves with the time spent without one. */
async function drain({ machine, journal }, count) {
  const started = performance.now();
  let waitedMs = 0;
  await new Promise((resolve) => {
    let left = count;
    for (let i = 0; i < QUEUES; i++) {
      const queue = machine.queue(`session/client-${i}`);
      let isScheduled = false;
      let emptySince = 0;
      const takeSome = () => {
        isScheduled = false;
        if (emptySince > 0) waitedMs += performance.now() - emptySince;
        emptySince = 0;
        for (let taken = 0; taken < 256 && left > 0; taken++) {
          const entry = queue.take();
          if (entry === undefined) {
            emptySince = performance.now();
            return;
          }
          left--;
          journal.append({ type: "settle", queue, seq: entry.seq });
        }
        if (left > 0) schedule();
        else resolve(journal.drain());
      };
      const schedule = () => {
        if (isScheduled) return;
        isScheduled = true;
        if (journal.isBehind) journal.whenCaughtUp(takeSome);
        else setImmediate(takeSome);
      };
      queue.attach({ committedOnly: false, ready: schedule });
      schedule();
    }
  });
  const share = (waitedMs / QUEUES / (performance.now() - started)) * 100;
  return `; a queue waited for the disk ${share.toFixed(0)} % of the time`;
}

console.log(`${MESSAGES} messages of 64 bytes for ${QUEUES} queues, fsync; Node ${process.version}`);
let broker = await open();
await phase("enqueued", MESSAGES, () => enqueue(broker));
await broker.store.close();
await phase("opened again", 0, async () => {
  broker = await open();
});
const most = Math.floor(MESSAGES * 0.9);
await phase("drained nine tenths", most, () => drain(broker, most));
await broker.store.close();
await phase("opened again", 0, async () => {
  broker = await open();
});
const [queue] = [...broker.machine.queues()];
await phase("first page behind what was deleted", 1, async () => {
  const { headSeq } = queue.record();
  const [first] = await broker.store.readEntries(queue, headSeq, headSeq + 512, 512, 1e6);
  if (first?.seq !== headSeq) throw new Error("the head is not where the record says");
});
await phase("drained the rest", MESSAGES - most, () => drain(broker, MESSAGES - most));
await phase("space given back", 0, () => broker.store.cleared());
await broker.store.close();
clearInterval(watch);
rmSync(folder, { recursive: true });
