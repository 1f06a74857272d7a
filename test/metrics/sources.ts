import { AmqpCounters } from "../../src/amqp/amqp-counters.ts";
import { Counters } from "../../src/base/counters.ts";
import type { BridgeFigures, MetricsSources } from "../../src/metrics/sources.ts";

export function aBridge(changes: Partial<BridgeFigures> = {}): BridgeFigures {
  return {
    name: "lake",
    state: "up",
    matched: 0,
    heldAtStart: 0,
    delivered: 0,
    deadLettered: 0,
    dropped: {},
    retried: 0,
    sendFailures: 0,
    queued: 0,
    queuedBytes: 0,
    lagMs: 0,
    ...changes,
  };
}

export function someSources(changes: Partial<MetricsSources> = {}): MetricsSources {
  return {
    durability: "disk",
    version: "0.1.0",
    counters: new Counters(),
    health: () => [],
    connections: () => [],
    sessions: () => ({ online: 0, offline: 0 }),
    subscriptions: () => 0,
    retainedMessages: () => 0,
    sessionQueues: () => ({ messages: 0, bytes: 0 }),
    longestSessionQueue: () => 0,
    bridges: () => [],
    workQueues: () => ({ hosts: [], largest: [], memoryBytes: 0, leftOut: 0 }),
    amqp: () => ({ ...new AmqpCounters(), connections: 0, channels: 0 }),
    loopDelayMs: () => 0,
    ...changes,
  };
}
