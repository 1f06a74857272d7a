import { setTimeout as delay } from "node:timers/promises";
import { cpuSecondsOf, memoryOf } from "../../system/process-cost.js";
import { Latencies } from "../latencies.js";
import { inTurns } from "../load.js";
import { Peer } from "../peer.js";

const AT_A_TIME = 100;
const POLL_MS = 500;

/** Connections that say nothing: how fast they come, and what memory each holds when it is quiet again. */
export async function idle({ connections, settleSeconds }, { target, brokerPid }) {
  const memoryBefore = await settledMemory(brokerPid, settleSeconds / 2);
  const cpuBefore = cpuSecondsOf(brokerPid);
  const start = performance.now();
  await inTurns(connections, (i) => new Peer(target).connect(`idle-${i}`, true), AT_A_TIME);
  const seconds = (performance.now() - start) / 1_000;
  const cpu = cpuSecondsOf(brokerPid) - cpuBefore;
  const memoryAfter = await settledMemory(brokerPid, settleSeconds);
  return {
    connectsPerSecond: connections / seconds,
    connectMicros: (cpu * 1e6) / connections,
    bytesPerConnection: (memoryAfter - memoryBefore) / connections,
    memoryBeforeBytes: memoryBefore,
    memoryAfterBytes: memoryAfter,
  };
}

/** The least that was seen: garbage that is collected in the meantime is not held by a connection. */
async function settledMemory(pid, seconds) {
  let least = memoryOf(pid);
  for (let left = seconds * 1_000; left > 0; left -= POLL_MS) {
    await delay(POLL_MS);
    least = Math.min(least, memoryOf(pid));
  }
  return least;
}

/** All clients lose their connections at once and come back at once. */
export async function reconnect({ connections, session, settleSeconds }, { target, brokerPid }) {
  const isClean = session === "clean";
  const peers = [];
  await inTurns(connections, async (i) => {
    const peer = new Peer(target);
    peers.push(peer);
    await peer.connect(`device-${i}`, isClean);
    await peer.subscribe([`device/${i}/command`], 1);
  });
  for (const peer of peers) peer.destroy();
  await delay(settleSeconds * 1_000);

  const times = new Latencies();
  const cpuBefore = cpuSecondsOf(brokerPid);
  const start = performance.now();
  const comeBack = async (i) => {
    const peer = new Peer(target);
    await peer.connect(`device-${i}`, isClean);
    times.add(performance.now() - start);
  };
  await inTurns(connections, comeBack, connections);
  const seconds = (performance.now() - start) / 1_000;
  const connectMicros = ((cpuSecondsOf(brokerPid) - cpuBefore) * 1e6) / connections;
  return { connectsPerSecond: connections / seconds, connectMicros, ...times.summary() };
}
