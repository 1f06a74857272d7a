import { setTimeout as delay } from "node:timers/promises";
import { anonymousMemoryOf, diskBytesOf, memoryOf, peakMemoryOf } from "../../system/process-cost.js";
import { Peer } from "../peer.js";
import { fill, until } from "./fill.js";

const CLIENT = "offline";
/** The space is back when so little of it is left. */
const LEFT_SHARE = 0.1;
const POLL_MS = 250;

/** Messages for one offline session, then the session comes for them: memory, disk and speed of both. */
export async function backlog(scenario, order) {
  const { target, brokerPid, folder } = order;
  const { messages, payloadBytes, waitForSpaceSeconds } = scenario;
  await leaveSession(target);
  const before = memoryNow(brokerPid);
  const tookMs = await fill(target, { messages, retain: false, payloadBytes, topicOf: () => "bench/state" });
  const full = memoryNow(brokerPid);
  const diskFull = diskBytesOf(folder);
  const drainMs = await drain(target, messages);
  const drained = memoryNow(brokerPid);
  return {
    queuedPerSecond: (messages * 1_000) / tookMs,
    drainedPerSecond: (messages * 1_000) / drainMs,
    memoryQueuedBytes: full.resident - before.resident,
    memoryQueuedAnonBytes: full.anonymous - before.anonymous,
    memoryDrainedBytes: drained.resident - before.resident,
    memoryDrainedAnonBytes: drained.anonymous - before.anonymous,
    memoryGrowthBytes: Math.max(full.resident, drained.resident) - before.resident,
    brokerPeakBytes: peakMemoryOf(brokerPid),
    diskFullBytes: diskFull,
    diskDrainedBytes: diskBytesOf(folder),
    ...(await waitForSpace(folder, diskFull * LEFT_SHARE, waitForSpaceSeconds * 1_000)),
  };
}

function memoryNow(pid) {
  return { resident: memoryOf(pid), anonymous: anonymousMemoryOf(pid) };
}

async function leaveSession(target) {
  const peer = new Peer(target);
  await peer.connect(CLIENT, false);
  await peer.subscribe(["bench/state"], 1);
  await peer.disconnect();
}

async function drain(target, messages) {
  const peer = new Peer(target);
  const start = performance.now();
  await peer.connect(CLIENT, false);
  await until(
    () => peer.received >= messages,
    () => peer.received,
  );
  const took = performance.now() - start;
  await peer.disconnect();
  return took;
}

async function waitForSpace(folder, enough, longestMs) {
  const start = performance.now();
  while (performance.now() - start < longestMs) {
    if (diskBytesOf(folder) <= enough) return { spaceBackMs: performance.now() - start };
    await delay(POLL_MS);
  }
  return { spaceBackMs: undefined, diskLeftBytes: diskBytesOf(folder) };
}
