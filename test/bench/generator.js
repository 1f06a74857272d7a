// The load generator, a process of its own: node generator.js '{"scenario", "port", "brokerPid", "seconds", "warmupSeconds"}'
import { setTimeout as delay } from "node:timers/promises";
import { Load } from "./load.js";
import { cpuSecondsOf } from "./process-cost.js";
import { scenarios } from "./scenarios.js";

/** Nothing arrived for so long although something should: it is lost. */
const STALL_MS = 1_000;

const order = JSON.parse(process.argv[2]);
const scenario = scenarios.find((each) => each.name === order.scenario);
const load = new Load(scenario);
await load.open(order.port);
const watch = setInterval(giveUpWhenStalled, STALL_MS);
let countAtLastLook = 0;

load.start();
await delay(order.warmupSeconds * 1_000);
load.forgetLatencies();
const before = look();
await delay(order.seconds * 1_000);
const after = look();
const latencies = load.latencies;
load.stop();
clearInterval(watch);
await settle();
if (scenario.isOffline) {
  await load.resume(order.port);
  await settle();
}
const lost = load.lost + load.outstanding;
load.close();

console.log(
  JSON.stringify({
    messages: after.count - before.count,
    seconds: after.at - before.at,
    brokerCpuSeconds: after.brokerCpu - before.brokerCpu,
    generatorCpuSeconds: after.ownCpu - before.ownCpu,
    sent: load.sent,
    lost,
    ...latencies,
  }),
);

function look() {
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now() / 1_000,
    count: load.count,
    ownCpu: (user + system) / 1e6,
    brokerCpu: cpuSecondsOf(order.brokerPid),
  };
}

function giveUpWhenStalled() {
  if (load.count === countAtLastLook) load.giveUpOutstanding();
  countAtLastLook = load.count;
}

/** Waits until what was sent has arrived, or nothing comes any more. */
async function settle() {
  for (let seen = -1; load.outstanding > 0 && load.progress !== seen; ) {
    seen = load.progress;
    await delay(STALL_MS);
  }
}
