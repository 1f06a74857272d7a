import { setTimeout as delay } from "node:timers/promises";
import { type IHeaders, Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createBridge } from "../../../bridges/kafka/kafka-bridge.ts";
import type { KafkaOptions } from "../../../bridges/kafka/kafka-options.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import { Arrivals, aRunningBridge } from "../../bridges/support/bridge-rig.ts";
import { aMessage } from "../../bridges/support/messages.ts";
import { freePort } from "../../support/free-port.ts";
import { type KafkaServer, startKafka } from "../../support/services/kafka.ts";
import { describeWithService } from "../../support/services/services.ts";

const PATIENCE = { timeout: 60_000, interval: 50 };
const CLIENTS = 50;
const PER_CLIENT = 100;

describeWithService("kafka", "Kafka bridge with a real Kafka", () => {
  let kafka: KafkaServer;

  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(async () => {
    await kafka.dispose();
  });

  it("delivers 5,000 records in order per key", { timeout: 120_000 }, async () => {
    await kafka.createTopic("plain", 6);
    const { runner, publish } = aRunningBridge(aBridge({ topic: "plain" }));

    await publishSteadily(publish);
    await vi.waitFor(() => expect(runner.status().delivered).toBe(CLIENTS * PER_CLIENT), PATIENCE);
    const arrivals = await consume("plain", CLIENTS * PER_CLIENT);
    await runner.stop(5_000);

    expectCompleteAndOrdered(arrivals);
    expect(arrivals.repeats).toBe(0);
  });

  it("loses nothing and keeps the order per key when Kafka is killed in mid-stream", {
    timeout: 120_000,
  }, async () => {
    await kafka.createTopic("killed", 6);
    const { runner, publish } = aRunningBridge(aBridge({ topic: "killed" }));
    const published = publishSteadily(publish);
    await vi.waitFor(() => expect(runner.status().delivered).toBeGreaterThan(CLIENTS * 10), PATIENCE);

    await kafka.kill();
    await published;
    await vi.waitFor(() => expect(runner.status().state).toBe("retrying"), PATIENCE);
    await kafka.restart();
    await vi.waitFor(() => expect(runner.status().delivered).toBe(CLIENTS * PER_CLIENT), PATIENCE);
    const arrivals = await consume("killed", CLIENTS * PER_CLIENT);
    await runner.stop(5_000);

    expectCompleteAndOrdered(arrivals);
    expect(runner.status()).toMatchObject({ queued: 0, deadLettered: 0, matched: CLIENTS * PER_CLIENT });
  });

  it("loses nothing and keeps the order per key when Kafka hangs, and takes later what was given up", {
    timeout: 120_000,
  }, async () => {
    await kafka.createTopic("hung", 6);
    const { runner, publish } = aRunningBridge(aBridge({ topic: "hung" }, { requestTimeoutMs: 1_000 }));
    const published = publishSteadily(publish);
    await vi.waitFor(() => expect(runner.status().delivered).toBeGreaterThan(CLIENTS * 10), PATIENCE);

    kafka.pause();
    await vi.waitFor(() => expect(runner.status().sendFailures).toBeGreaterThan(0), PATIENCE);
    kafka.resume();
    await published;
    await vi.waitFor(() => expect(runner.status().delivered).toBe(CLIENTS * PER_CLIENT), PATIENCE);
    const arrivals = await consume("hung", CLIENTS * PER_CLIENT);
    await runner.stop(5_000);

    expectCompleteAndOrdered(arrivals);
  });

  it("delivers to topics named by a template and creates them, with headers and key", {
    timeout: 60_000,
  }, async () => {
    const { runner, publish } = aRunningBridge(
      aBridge({ topic: `site-\${topic[1]}`, key: `\${payload.id}` }),
    );
    const userProperties = [
      ["a", "1"],
      ["a", "2"],
    ] as const;

    publish(aMessage({ topic: "sensors/x", payload: '{"id":"k1"}', properties: { userProperties } }));
    publish(aMessage({ topic: "sensors/y", payload: '{"id":"k2"}' }));
    await vi.waitFor(() => expect(runner.status().delivered).toBe(2), PATIENCE);
    const seen: IHeaders[] = [];
    await consume("site-x", 1, (headers) => seen.push(headers));
    await runner.stop(5_000);

    const { a, "mqtt-topic": topic } = seen[0] ?? {};
    expect(String(topic)).toBe("sensors/x");
    expect([a].flat().map(String)).toEqual(["1", "2"]);
  });

  it("puts a record that Kafka refuses as too large among the dead letters and delivers the others", {
    timeout: 60_000,
  }, async () => {
    await createTopicWithLimit("small", 20_000);
    const { runner, publish, dead } = aRunningBridge(
      aBridge({ topic: "small", compression: "none", lanes: 1 }),
    );

    for (let n = 0; n < 40; n++) {
      publish(aMessage({ topic: "sensors/t", payload: n === 17 ? "x".repeat(30_000) : String(n) }));
    }
    await vi.waitFor(() => expect(runner.status().queued).toBe(0), PATIENCE);
    const arrivals = await consume("small", 39);
    await runner.stop(5_000);

    expect(dead().map(({ seq }) => seq)).toEqual([18]);
    expect(arrivals.byKey.get("device-7")).toEqual(
      Array.from({ length: 40 }, (_, n) => String(n)).filter((n) => n !== "17"),
    );
    expect(runner.status()).toMatchObject({ delivered: 39, deadLettered: 1, queued: 0 });
  });

  it("retries while nobody listens, and stops at once", { timeout: 60_000 }, async () => {
    const brokers = [`127.0.0.1:${await freePort()}`];
    const { runner, publish, lanes } = aRunningBridge(aBridge({ topic: "t" }, { brokers }));
    publish(aMessage({ topic: "sensors/t" }));

    await vi.waitFor(() => expect(runner.status().sendFailures).toBeGreaterThan(0), PATIENCE);
    await runner.stop(5_000);

    expect(lanes.reduce((sum, lane) => sum + lane.count, 0)).toBe(1);
    expect(runner.status().delivered).toBe(0);
  });

  function aBridge(
    choices: { topic: string; key?: string; compression?: "none" | "gzip"; lanes?: number },
    more = {},
  ) {
    const { topic, key = `\${clientId}`, compression = "gzip", lanes = 4 } = choices;
    const options: KafkaOptions = {
      name: "k",
      brokers: kafka.brokers,
      clientId: "causeway-test",
      tls: false,
      sasl: undefined,
      compression,
      lanes,
      forward: [{ from: "sensors/#", topic, key }],
      requestTimeoutMs: 5_000,
      ...more,
    };
    return createBridge(options, { clock: systemClock, log: silentLogger });
  }

  async function createTopicWithLimit(topic: string, maximumBytes: number): Promise<void> {
    const admin = aClient().admin();
    await admin.connect();
    const configEntries = [{ name: "max.message.bytes", value: String(maximumBytes) }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true });
    await admin.disconnect();
  }

  /** Reads from the beginning until that many different records came. */
  async function consume(
    topic: string,
    count: number,
    onHeaders?: (headers: IHeaders) => void,
  ): Promise<Arrivals> {
    const arrivals = new Arrivals();
    const consumer = aClient().consumer({ groupId: `reader-of-${topic}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers = {} } }) => {
        onHeaders?.(headers);
        arrivals.add(String(key), String(value), String(headers["bridge-seq"]));
      },
    });
    await vi.waitFor(() => expect(arrivals.count).toBe(count), PATIENCE);
    await consumer.disconnect();
    return arrivals;
  }

  function aClient(): Kafka {
    return new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING });
  }
});

/** 50 messages each 10 ms, one per client. */
async function publishSteadily(publish: (message: Message) => void): Promise<void> {
  for (let n = 0; n < PER_CLIENT; n++) {
    for (let c = 0; c < CLIENTS; c++) {
      publish(aMessage({ topic: `sensors/${c}`, clientId: `client-${c}`, payload: String(n) }));
    }
    await delay(10);
  }
}

function expectCompleteAndOrdered(arrivals: Arrivals): void {
  const expected = Array.from({ length: PER_CLIENT }, (_, n) => String(n));
  expect(arrivals.byKey.size).toBe(CLIENTS);
  for (const values of arrivals.byKey.values()) expect(values).toEqual(expected);
}
