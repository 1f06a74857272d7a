import { ClassicLevel } from "classic-level";
import { Table } from "../../../dist/src/storage/level/keys.js";

/**
 * Loaded into the broker with `--import`: ends the process with SIGKILL at the point of its work with the database
 * that STOP_AT names, `<point>:<n>`, when it comes there for the n-th time. `stop-point.ts` lists the points.
 */
const [point, nth] = (process.env.STOP_AT ?? "").split(":");
let left = Number(nth);

/** Up to this long LevelDB's thread goes on while the process can do nothing more. */
const DURING_MS = 2;

function reached(name) {
  if (name !== point || --left > 0) return;
  process.kill(process.pid, "SIGKILL");
  for (;;); // the signal may take a moment
}

/** What follows a call whose work is done in another thread. */
function during(name) {
  if (name !== point) return;
  const end = performance.now() + Math.random() * DURING_MS;
  while (performance.now() < end);
  reached(name);
}

function intercept(name, replacement) {
  const original = ClassicLevel.prototype[name];
  ClassicLevel.prototype[name] = function intercepted(...given) {
    return replacement.call(this, original.bind(this), given);
  };
}

/** Turns of the event loop in which an answer that should have waited would get out. */
const TURNS = 50;

async function lingering(name) {
  if (name !== point) return;
  if (left === 1) {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  reached(name);
}

async function around(prefix, call) {
  await lingering(`before-${prefix}`);
  const result = call();
  during(`during-${prefix}`);
  await result;
  await lingering(`after-${prefix}`);
}

/** Set from the write that deletes a queue to the one that says all its entries are gone. */
let isClearing = false;

intercept("batch", (original, given) => {
  const batch = original(...given);
  if (given.length > 0) return batch;
  const put = batch.put.bind(batch);
  const del = batch.del.bind(batch);
  const write = batch.write.bind(batch);
  const wasClearing = isClearing;
  return Object.assign(batch, {
    put(key, value, options) {
      if (key[1] === Table.Clearing) isClearing = true;
      put(key, value, options);
      return batch;
    },
    del(key, options) {
      if (key[1] === Table.Clearing) isClearing = false;
      del(key, options);
      return batch;
    },
    async write(options) {
      await around("write", () => (wasClearing ? around("clearing", () => write(options)) : write(options)));
      process.nextTick(() => reached("told")); // after all that awaited the write
      setImmediate(() => setImmediate(() => reached("answered")));
    },
  });
});

intercept("put", (original, given) => around("put", () => original(...given)));
intercept("open", (original, given) => around("open", () => original(...given)));
intercept("close", (original, given) => around("close", () => original(...given)));
intercept("iterator", (original, given) => {
  reached("table");
  return original(...given);
});
