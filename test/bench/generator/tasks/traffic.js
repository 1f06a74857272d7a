import { setTimeout as delay } from "node:timers/promises";
import { peakMemoryOf } from "../../system/process-cost.js";
import { Load } from "../load.js";
import { look, spent } from "../look.js";
import { furnish } from "./background.js";

/** Nothing arrived for so long although something should: it is lost. */
const STALL_MS = 1_000;
/** Before what was sent is counted as lost for good. */
const LAST_WAIT_MS = 5_000;

/** Messages from publishers to subscribers for a while, and what each cost. */
export async function traffic(scenario, order) {
  await furnish(scenario, order);
  const load = new Load(scenario, order.target);
  const probe = scenario.probe && new Load({ ...scenario, ...scenario.probe }, order.target);
  const loads = probe === undefined ? [load] : [load, probe];
  for (const each of loads) await each.open();
  const watch = setInterval(giveUpWhenStalled(load), STALL_MS);

  for (const each of loads) each.start();
  await delay(order.warmupSeconds * 1_000);
  for (const each of loads) each.forgetLatencies();
  const before = { count: load.count, reads: load.reads, ...(await look(order)) };
  await delay(order.seconds * 1_000);
  const after = { count: load.count, reads: load.reads, ...(await look(order)) };
  const latencies = (probe ?? load).latencies;
  for (const each of loads) each.stop();
  clearInterval(watch);
  if (scenario.session === "offline") {
    await settle(load, () => load.unacknowledged);
    await load.resume();
  }
  await settle(load, () => load.outstanding);

  const messages = after.count - before.count;
  return {
    perSecond: messages / (after.at - before.at),
    ...spent(before, after, messages, scenario.payloadBytes),
    messagesPerRead: after.reads > before.reads ? messages / (after.reads - before.reads) : undefined,
    lost: load.lost + load.outstanding,
    brokerPeakBytes: peakMemoryOf(order.brokerPid),
    ...latencies,
  };
}

function giveUpWhenStalled(load) {
  let countAtLastLook = 0;
  return () => {
    if (load.count === countAtLastLook) load.giveUpOutstanding();
    countAtLastLook = load.count;
  };
}

/** Waits until what was sent has arrived, or nothing comes any more. */
async function settle(load, outstanding) {
  let seen = -1;
  for (let sinceProgressMs = 0; outstanding() > 0 && sinceProgressMs < LAST_WAIT_MS; ) {
    sinceProgressMs = load.progress === seen ? sinceProgressMs + 50 : 0;
    seen = load.progress;
    await delay(50);
  }
}
