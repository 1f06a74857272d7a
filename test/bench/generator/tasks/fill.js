import { setTimeout as delay } from "node:timers/promises";
import { Load } from "../load.js";

const PUBLISHERS = 10;
const POLL_MS = 5;
const STALL_MS = 30_000;

/**
 * Publishes a number of messages once with QoS 1 and waits until all are acknowledged; returns how long that took.
 * @param {import("../streams.js").Target & { version: 4 | 5 }} target
 * @param {{ messages: number, retain: boolean, payloadBytes: number, topicOf: (n: number) => string }} what
 */
export async function fill(target, { messages, retain, payloadBytes, topicOf }) {
  if (messages === 0) return 0;
  const each = messages / PUBLISHERS;
  const window = Math.min(1_000, each);
  const topics = (group) =>
    Array.from({ length: retain ? each : window }, (_, i) => topicOf(group * each + i));
  const load = new Load(
    {
      ...{
        clients: "fill",
        version: target.version,
        qos: 1,
        retain,
        payloadBytes,
        topics,
        window,
        total: each,
      },
      ...{ publishers: PUBLISHERS, groups: PUBLISHERS, subscribers: 0, fan: 0, counts: "acknowledged" },
    },
    target,
  );
  await load.open();
  const start = performance.now();
  load.start();
  await until(
    () => load.count === messages,
    () => load.count,
  );
  const took = performance.now() - start;
  load.close();
  return took;
}

/** Rejects when `progress` stays the same for too long. */
export async function until(isDone, progress, stallMs = STALL_MS) {
  let seen = progress();
  for (let since = performance.now(); !isDone(); await delay(POLL_MS)) {
    if (progress() !== seen) since = performance.now();
    seen = progress();
    if (performance.now() - since > stallMs) throw new Error(`nothing came any more after ${seen}`);
  }
}
