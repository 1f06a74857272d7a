import { setTimeout as delay } from "node:timers/promises";
import { diskBytesOf, memoryOf, peakMemoryOf } from "../../system/process-cost.js";
import { AmqpLoad } from "../amqp/amqp-load.js";
import { AmqpPeer } from "../amqp/amqp-peer.js";
import { look, spent } from "../look.js";
import { until } from "./fill.js";

/** Messages through AMQP queues for a while, and what each cost. */
export async function amqpTraffic(scenario, order) {
  const load = new AmqpLoad(scenario, order.target);
  await load.open();
  load.start();
  await delay(order.warmupSeconds * 1_000);
  const before = { count: load.count, ...(await look(order)) };
  await delay(order.seconds * 1_000);
  const after = { count: load.count, ...(await look(order)) };
  load.stop();
  await until(
    () => load.outstanding === 0,
    () => load.count,
  );
  const messages = after.count - before.count;
  return {
    perSecond: messages / (after.at - before.at),
    ...spent(before, after, messages, scenario.payloadBytes),
    brokerPeakBytes: peakMemoryOf(order.brokerPid),
  };
}

/** Confirmed persistent messages for a durable queue without consumers, then one comes for them. */
export async function amqpBacklog(scenario, order) {
  const { brokerPid, folder, target } = order;
  const { messages } = scenario;
  const memoryBefore = memoryOf(brokerPid);
  const load = new AmqpLoad({ ...scenario, total: messages }, target);
  await load.open();
  const start = performance.now();
  load.start();
  await until(
    () => load.count >= messages,
    () => load.count,
  );
  const tookMs = performance.now() - start;
  load.close();
  const memoryFull = memoryOf(brokerPid);
  const diskFullBytes = diskBytesOf(folder);
  const drainMs = await drain(scenario, target);
  return {
    queuedPerSecond: (messages * 1_000) / tookMs,
    drainedPerSecond: (messages * 1_000) / drainMs,
    memoryFullBytes: memoryFull,
    memoryQueuedBytes: memoryFull - memoryBefore,
    memoryGrowthBytes: Math.max(memoryFull, memoryOf(brokerPid)) - memoryBefore,
    brokerPeakBytes: peakMemoryOf(brokerPid),
    diskFullBytes,
    diskDrainedBytes: diskBytesOf(folder),
  };
}

async function drain({ messages, prefetch }, target) {
  const peer = new AmqpPeer(target);
  await peer.connect();
  const start = performance.now();
  await peer.consume("bench-0", prefetch);
  await until(
    () => peer.received >= messages,
    () => peer.received,
  );
  const took = performance.now() - start;
  peer.destroy();
  return took;
}
