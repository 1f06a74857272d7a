// Messages per second through one queue of the engine, with a store in memory: what the engine itself costs.
// Needs a build: npm run build && node test/bench/micro/queues.js
import { Counters } from "../../../dist/src/base/counters.js";
import { silentLogger } from "../../../dist/src/base/logger.js";
import { JournalledQueues } from "../../../dist/src/compose/queues/queue-journal.js";
import { MemoryBudget } from "../../../dist/src/queues/memory-budget.js";
import { WorkQueue } from "../../../dist/src/queues/work-queue.js";
import { LocalJournal } from "../../../dist/src/state/local-journal.js";
import { StateMachine } from "../../../dist/src/state/state-machine.js";
import { MemoryStore } from "../../../dist/src/storage/memory/memory-store.js";

const MESSAGES = 300_000;
/** Published in one turn of the event loop: about what one read from a socket brings. */
const PER_TURN = 500;
const ROUNDS = 5;
const nothing = () => {};
const payload = Buffer.alloc(64, 0x61);
const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };
const waiter = { committed: nothing };
const clock = { now: () => Date.now(), after: () => nothing };

const PLAIN = {
  name: "orders",
  durable: true,
  exclusive: false,
  autoDelete: false,
  messageTtlMs: undefined,
  expiresMs: undefined,
  maximumLength: undefined,
  maximumBytes: undefined,
  overflow: "drop-head",
  deadLetterExchange: undefined,
  deadLetterRoutingKey: undefined,
  maximumPriority: 0,
  singleActiveConsumer: false,
  deliveryLimit: undefined,
  consumerTimeoutMs: undefined,
};

function aQueue(settings) {
  const store = new MemoryStore();
  const effects = { defined: nothing, retained: nothing, corrupt: nothing };
  const machine = new StateMachine(store, effects);
  const journal = new LocalJournal({
    machine,
    store,
    clock,
    logger: silentLogger,
    observeCommit: nothing,
    commitFailed: nothing,
  });
  const queue = new WorkQueue(
    { ...PLAIN, ...settings },
    {
      hostName: "/",
      journal: new JournalledQueues(journal, machine, clock),
      clock,
      logger: silentLogger,
      counters: new Counters(),
      headers: { priorityOf: () => 0, headersOf: () => [] },
      memory: new MemoryBudget(1 << 30),
      laneName: (name, priority) => `queue///${name}/${priority}`,
      findLane: (name) => machine.queue(name),
      laneOpened: nothing,
      routeDeadLetter: nothing,
      publishDeadLetter: nothing,
      expired: nothing,
    },
  );
  return { queue, journal };
}

function aMessage() {
  return {
    topicName: "",
    payload,
    qos: 1,
    retain: false,
    properties: undefined,
    publisherId: "",
    receivedAt: 1_700_000_000_000,
    expiresAt: 0,
    envelope: { exchange: "", routingKey: "orders", header: payload },
  };
}

function publish({ queue, journal }) {
  const message = aMessage();
  const lane = queue.receiver.queueFor(message);
  if (lane === undefined) {
    queue.push(message);
    return;
  }
  const targets = [{ queue: lane, delivery }];
  const rest = { retain: false, receivedFor: undefined, packetId: 0, willOf: undefined };
  journal.append({ type: "publish", message, targets, ...rest }, waiter, 0);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** `settle`: what a consumer does with what it got in this turn. */
function consume(queue, count, noAck, prefetch) {
  const consumers = [];
  for (let i = 0; i < count; i++) {
    const consumer = {
      noAck,
      held: [],
      taken: 0,
      mayTake: () => consumer.held.length < prefetch,
      deliver(given) {
        consumer.taken++;
        if (!noAck) consumer.held.push(given);
      },
      cancelled: nothing,
      timedOut: nothing,
    };
    queue.consume({ tag: "", exclusive: false, arguments: [], consumer });
    consumers.push(consumer);
  }
  return consumers;
}

function acknowledgeAll(consumers) {
  for (const consumer of consumers) {
    for (const given of consumer.held.splice(0)) given.acknowledge();
  }
}

async function throughput(settings, count, noAck, prefetch) {
  const rig = aQueue(settings);
  const consumers = consume(rig.queue, count, noAck, prefetch);
  await turn();
  const start = performance.now();
  for (let sent = 0; sent < MESSAGES; sent += PER_TURN) {
    for (let i = 0; i < PER_TURN; i++) publish(rig);
    await turn();
    if (!noAck) acknowledgeAll(consumers);
  }
  while (rig.queue.messageCount + rig.queue.unacknowledged > 0) {
    await turn();
    acknowledgeAll(consumers);
  }
  const took = performance.now() - start;
  const taken = consumers.reduce((sum, consumer) => sum + consumer.taken, 0);
  if (taken !== MESSAGES) throw new Error(`${taken} of ${MESSAGES} arrived`);
  rig.queue.delete();
  return took;
}

async function backlog(settings) {
  const rig = aQueue(settings);
  for (let sent = 0; sent < MESSAGES; sent += PER_TURN) {
    for (let i = 0; i < PER_TURN; i++) publish(rig);
    await turn();
  }
  const start = performance.now();
  const consumers = consume(rig.queue, 1, false, 1000);
  while (rig.queue.messageCount + rig.queue.unacknowledged > 0) {
    await turn();
    acknowledgeAll(consumers);
  }
  const took = performance.now() - start;
  rig.queue.delete();
  return took;
}

async function measure(name, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, await run());
  const perSecond = Math.round(MESSAGES / best);
  console.log(
    `${name.padEnd(64)} ${String(perSecond).padStart(6)} k/s ${((best * 1000) / MESSAGES).toFixed(2)} µs`,
  );
}

for (const [kind, durable] of [
  ["durable", true],
  ["in memory", false],
]) {
  await measure(`${kind}: publish to a consumer without acknowledgements`, () =>
    throughput({ durable }, 1, true, Number.POSITIVE_INFINITY),
  );
  await measure(`${kind}: publish, deliver, acknowledge a turn later`, () =>
    throughput({ durable }, 1, false, 1000),
  );
  await measure(`${kind}: the same, four consumers with 100 unacknowledged each`, () =>
    throughput({ durable }, 4, false, 100),
  );
  await measure(`${kind}: the same, with a time to live and a consumer timeout`, () =>
    throughput({ durable, messageTtlMs: 1e12, consumerTimeoutMs: 1_800_000 }, 1, false, 1000),
  );
}
await measure("durable: a backlog, read by pages and acknowledged", () => backlog({ durable: true }));
