import { BrokerError } from "../../../dist/src/base/errors.js";
import { silentLogger } from "../../../dist/src/base/logger.js";
import { StateMachine } from "../../../dist/src/state/state-machine.js";
import { LevelStore } from "../../../dist/src/storage/level/level-store.js";

/**
 * Run with a data folder: opens it as the broker does and prints all that it holds, as one line of JSON. A process of
 * its own, because LevelDB ends the process when a damaged table gives it keys that are not in order.
 */
const [, , folder] = process.argv;
const found = { error: undefined, corrupt: [], retained: [], queues: [] };
const store = new LevelStore({ folder, sync: false }, silentLogger);
const machine = new StateMachine(store, {
  sessionOpened() {},
  sessionDeleted() {},
  subscribed() {},
  unsubscribed() {},
  defined() {},
  retained: ({ topicName }) => found.retained.push(topicName),
  corrupt: (what) => found.corrupt.push(what),
});

async function readQueue(queue) {
  const entries = [];
  let { headSeq } = queue.record();
  for (;;) {
    const page = await store.readEntries(queue, headSeq, queue.nextSeq, 1000, 4 * 1024 * 1024);
    if (page.length === 0) return { name: queue.name, count: queue.count, entries };
    for (const { message } of page) entries.push([message.topicName, Number.parseInt(message.payload, 10)]);
    headSeq = page.at(-1).seq + 1;
  }
}

try {
  await machine.load();
  for (const queue of machine.queues()) found.queues.push(await readQueue(queue));
  await store.close();
} catch (error) {
  const { code, message } = error;
  found.error = { isTyped: error instanceof BrokerError, code, message };
}
process.stdout.write(`${JSON.stringify(found)}\n`);
