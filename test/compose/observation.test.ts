import { describe, expect, it } from "vitest";
import { AmqpCounters } from "../../src/amqp/amqp-counters.ts";
import { Counters } from "../../src/base/counters.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { LoopDelay } from "../../src/base/loop-delay.ts";
import { createSources } from "../../src/compose/observation.ts";
import { QueueLimits } from "../../src/compose/queue-limits.ts";
import { brokerConfigSchema } from "../../src/config/broker-config.ts";
import { Metrics } from "../../src/metrics/prometheus.ts";
import type { MetricsSources } from "../../src/metrics/sources.ts";
import { SysTopics } from "../../src/metrics/sys-topics.ts";
import { RetainedIndex } from "../../src/routing/retained-index.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { HostRig } from "../queues/support/host-rig.ts";

const SESSIONS = 10_000;

/** Ten thousand sessions that notice who walks over them. */
class CountedSessions {
  readonly count = SESSIONS;
  readonly onlineCount = 1;
  visited = 0;
  /** Visits of each turn of the event loop in which there were any. */
  readonly perTurn: number[] = [];
  #isNoting = false;

  *sessions(): Generator<{ queuedMessages: number }> {
    for (let i = 0; i < SESSIONS; i++) {
      this.#visit();
      yield { queuedMessages: i % 100 };
    }
  }

  #visit(): void {
    this.visited++;
    if (!this.#isNoting) this.perTurn.push(0);
    this.perTurn[this.perTurn.length - 1]!++;
    if (this.#isNoting) return;
    this.#isNoting = true;
    process.nextTick(() => {
      this.#isNoting = false;
    });
  }
}

async function aBrokerWith(sessions: CountedSessions): Promise<MetricsSources> {
  const { hosts, router } = await new HostRig().open();
  const clock = new FakeClock();
  const counters = new Counters();
  const config = brokerConfigSchema.parse({});
  return createSources({
    version: "0",
    durability: "memory",
    counters,
    limits: new QueueLimits(config, { clock, counters, logger: silentLogger }),
    router,
    retained: new RetainedIndex(),
    bridges: [],
    loopDelay: new LoopDelay({ clock, monotonicNow: () => 0 }),
    largestQueues: 20,
    queues: () => hosts,
    amqp: () => ({ counters: new AmqpCounters(), connectionCount: 0 }),
    mqtt: () => ({ sessions, connectedClients: () => [] }),
    health: () => [],
  });
}

describe("what is gathered of a broker with many sessions", () => {
  it("is found by looking at a slice of them in a turn, and at each once per scrape", async () => {
    const sessions = new CountedSessions();
    const metrics = new Metrics(await aBrokerWith(sessions));

    await metrics.render();
    while (sessions.visited < SESSIONS) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));

    expect(sessions.visited).toBe(SESSIONS);
    expect(Math.max(...sessions.perTurn)).toBeLessThanOrEqual(500);
  });

  it("is published under $SYS without looking at any", async () => {
    const sessions = new CountedSessions();
    const published: string[] = [];
    const sources = await aBrokerWith(sessions);
    const topics = new SysTopics({
      sources,
      clock: new FakeClock(),
      heapBytes: () => 0,
      publish: (topic) => published.push(topic),
    });

    topics.start(10);
    topics.stop();

    expect(published).not.toEqual([]);
    expect(sessions.visited).toBe(0);
  });
});
