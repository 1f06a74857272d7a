import { setTimeout as delay } from "node:timers/promises";
import { type Channel, type ConsumeMessage, connect } from "amqplib";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createBridge } from "../../../bridges/amqp/amqp-bridge.ts";
import type { AmqpMapping, AmqpOptions } from "../../../bridges/amqp/amqp-options.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import { Arrivals, aRunningBridge } from "../../bridges/support/bridge-rig.ts";
import { aMessage } from "../../bridges/support/messages.ts";
import { type RabbitmqServer, startRabbitmq } from "../../support/services/rabbitmq.ts";
import { describeWithService } from "../../support/services/services.ts";

const PATIENCE = { timeout: 60_000, interval: 50 };
const CLIENTS = 50;
const PER_CLIENT = 100;
const TOTAL = CLIENTS * PER_CLIENT;

describeWithService("rabbitmq", "AMQP bridge with a real RabbitMQ", () => {
  let rabbitmq: RabbitmqServer;

  beforeAll(async () => {
    rabbitmq = await startRabbitmq();
  });
  afterAll(async () => {
    await rabbitmq.dispose();
  });

  it("delivers 5,000 records in order per key", { timeout: 120_000 }, async () => {
    await declareQueue("plain", "plain.#");
    const { runner, publish } = aRunningBridge(aBridge());

    await publishSteadily("plain", publish);
    await vi.waitFor(() => expect(runner.status().delivered).toBe(TOTAL), PATIENCE);
    const arrivals = await consume("plain", TOTAL);
    await runner.stop(5_000);

    expectCompleteAndOrdered(arrivals);
    expect(arrivals.repeats).toBe(0);
  });

  it("loses nothing and keeps the order per key when RabbitMQ is killed in mid-stream", {
    timeout: 120_000,
  }, async () => {
    await declareQueue("killed", "killed.#");
    await rabbitmq.syncDefinitions();
    const { runner, publish } = aRunningBridge(aBridge());
    const published = publishSteadily("killed", publish);
    await vi.waitFor(() => expect(runner.status().delivered).toBeGreaterThan(CLIENTS * 10), PATIENCE);

    await rabbitmq.kill();
    await published;
    await vi.waitFor(() => expect(runner.status().state).toBe("retrying"), PATIENCE);
    await rabbitmq.restart();
    await vi.waitFor(() => expect(runner.status().delivered).toBe(TOTAL), PATIENCE);
    const arrivals = await consume("killed", TOTAL);
    await runner.stop(5_000);

    expectCompleteAndOrdered(arrivals);
    expect(runner.status()).toMatchObject({ queued: 0, deadLettered: 0, matched: TOTAL });
  });

  it("loses nothing and keeps the order per key when RabbitMQ hangs", { timeout: 120_000 }, async () => {
    await declareQueue("hung", "hung.#");
    const { runner, publish } = aRunningBridge(aBridge({ heartbeat: 1 }));
    const published = publishSteadily("hung", publish);
    await vi.waitFor(() => expect(runner.status().delivered).toBeGreaterThan(CLIENTS * 10), PATIENCE);

    rabbitmq.pause();
    await vi.waitFor(() => expect(runner.status().state).toBe("retrying"), PATIENCE);
    rabbitmq.resume();
    await published;
    await vi.waitFor(() => expect(runner.status().delivered).toBe(TOTAL), PATIENCE);
    const arrivals = await consume("hung", TOTAL);
    await runner.stop(5_000);

    expectCompleteAndOrdered(arrivals);
  });

  it.each([
    ["deadLetter", { delivered: 2, deadLettered: 1, dropped: {}, queued: 0 }],
    ["drop", { delivered: 2, deadLettered: 0, dropped: { unroutable: 1 }, queued: 0 }],
    ["retry", { delivered: 2, deadLettered: 0, dropped: {}, queued: 1 }],
  ] as const)("handles what no queue takes as configured: %s", async (unroutable, expected) => {
    await declareQueue(`some-${unroutable}`, "some.#");
    const { runner, publish } = aRunningBridge(aBridge({ unroutable, lanes: 1 }));

    for (const topic of ["some/1", "nowhere", "some/2"]) publish(aMessage({ topic: `${topic}` }));
    await vi.waitFor(() => expect(runner.status()).toMatchObject(expected), PATIENCE);
    await runner.stop(5_000);

    expect(runner.status()).toMatchObject(expected);
  });

  it("puts a record whose headers AMQP cannot carry among the dead letters and delivers the others", async () => {
    await declareQueue("wide", "wide.#");
    const { runner, publish, dead } = aRunningBridge(aBridge({ lanes: 1 }));

    publish(aMessage({ topic: "wide/1" }));
    publish(aMessage({ topic: "wide/2", properties: { userProperties: [["big", "x".repeat(70_000)]] } }));
    publish(aMessage({ topic: "wide/3" }));
    await vi.waitFor(
      () => expect(runner.status()).toMatchObject({ delivered: 2, deadLettered: 1 }),
      PATIENCE,
    );
    await runner.stop(5_000);

    expect(dead()).toEqual([{ seq: 2, reason: expect.stringContaining("field table") }]);
  });

  it("finds the record for which the server closes the channel, and delivers the others in order", {
    timeout: 60_000,
  }, async () => {
    const limited = await startRabbitmq({ configLines: ["max_message_size = 1000"] });
    try {
      await declareQueue("limited", "limited.#", limited.url);
      const { runner, publish, dead } = aRunningBridge(aBridge({ lanes: 1, url: limited.url }));

      for (let n = 0; n < 20; n++) {
        publish(aMessage({ topic: "limited/t", payload: n === 7 ? "x".repeat(2_000) : String(n) }));
      }
      await vi.waitFor(() => expect(runner.status().queued).toBe(0), PATIENCE);
      const arrivals = await consume("limited", 19, limited.url);
      await runner.stop(5_000);

      expect(dead().map(({ seq }) => seq)).toEqual([8]);
      expect(arrivals.byKey.get("device-7")).toEqual(numbers(20).filter((n) => n !== "7"));
    } finally {
      await limited.dispose();
    }
  });

  it("waits for an exchange that is not there yet", { timeout: 60_000 }, async () => {
    const { runner, publish } = aRunningBridge(aBridge({ exchange: "late", unroutable: "retry" }));
    publish(aMessage({ topic: "late/1" }));
    await vi.waitFor(() => expect(runner.status().state).toBe("retrying"), PATIENCE);

    await withChannel(rabbitmq.url, async (channel) => {
      await channel.assertExchange("late", "topic", { durable: true });
      await channel.assertQueue("late", { durable: true });
      await channel.bindQueue("late", "late", "#");
    });
    await vi.waitFor(() => expect(runner.status().delivered).toBe(1), PATIENCE);
    await runner.stop(5_000);

    expect(runner.status()).toMatchObject({ deadLettered: 0, queued: 0 });
  });

  it("carries topic, properties and remaining expiry to the consumer", async () => {
    await declareQueue("props", "props.#");
    const { runner, publish } = aRunningBridge(aBridge());
    const expiresAt = Date.now() + 60_000;
    const properties = {
      contentType: "text/plain",
      responseTopic: "to/me",
      correlationData: Buffer.from("c"),
    };

    publish(aMessage({ topic: "props/a", expiresAt, properties, receivedAt: Date.now() }));
    const seen: ConsumeMessage[] = [];
    await consume("props", 1, rabbitmq.url, (message) => seen.push(message));
    await runner.stop(5_000);

    const { headers, ...others } = seen[0]!.properties;
    expect(others).toMatchObject({ deliveryMode: 2, contentType: "text/plain", correlationId: "c" });
    expect(headers).toMatchObject({ "mqtt-topic": "props/a", "mqtt-qos": 1, "x-reply-to-topic": "to.me" });
    expect(Number(others.expiration)).toBeGreaterThan(50_000);
  });

  it("shows that the server is blocked, keeps what it has, and still stops", {
    timeout: 60_000,
  }, async () => {
    const full = await startRabbitmq({ configLines: ["vm_memory_high_watermark.absolute = 1MB"] });
    const { runner, publish } = aRunningBridge(aBridge({ lanes: 1, url: full.url }));
    try {
      publish(aMessage({ topic: "blocked/1" }));
      await vi.waitFor(() => expect(runner.status().state).toBe("blocked"), PATIENCE);

      expect(runner.status()).toMatchObject({ delivered: 0, queued: 1 });
      expect(runner.status().blockedReason).toContain("memory");
    } finally {
      await runner.stop(100);
      await full.dispose();
    }
  });

  function aBridge(changes: Partial<AmqpOptions & Pick<AmqpMapping, "exchange">> = {}) {
    const { exchange = "amq.topic", ...options } = changes;
    const forward = [{ from: "#", exchange, routingKey: `\${topic.dotted}`, key: `\${clientId}` }];
    const all: AmqpOptions = {
      name: "q",
      url: rabbitmq.url,
      lanes: 4,
      forward,
      mandatory: true,
      unroutable: "deadLetter",
      heartbeat: 30,
      ...options,
    };
    return createBridge(all, { clock: systemClock, log: silentLogger });
  }

  async function declareQueue(queue: string, bindingKey: string, url = rabbitmq.url): Promise<void> {
    await withChannel(url, async (channel) => {
      await channel.assertQueue(queue, { durable: true });
      await channel.bindQueue(queue, "amq.topic", bindingKey);
    });
  }

  async function consume(
    queue: string,
    count: number,
    url = rabbitmq.url,
    onMessage?: (message: ConsumeMessage) => void,
  ): Promise<Arrivals> {
    const arrivals = new Arrivals();
    await withChannel(url, async (channel) => {
      await channel.consume(queue, (message) => {
        if (message === null) return;
        onMessage?.(message);
        const headers = message.properties.headers ?? {};
        arrivals.add(
          String(headers["mqtt-client-id"]),
          String(message.content),
          String(headers["bridge-seq"]),
        );
      });
      await vi.waitFor(() => expect(arrivals.count).toBe(count), PATIENCE);
    });
    return arrivals;
  }
});

async function withChannel(url: string, work: (channel: Channel) => Promise<void>): Promise<void> {
  const connection = await connect(url);
  try {
    await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}

/** 50 messages each 10 ms, one per client. */
async function publishSteadily(root: string, publish: (message: Message) => void): Promise<void> {
  for (let n = 0; n < PER_CLIENT; n++) {
    for (let c = 0; c < CLIENTS; c++) {
      publish(aMessage({ topic: `${root}/${c}`, clientId: `client-${c}`, payload: String(n) }));
    }
    await delay(10);
  }
}

function expectCompleteAndOrdered(arrivals: Arrivals): void {
  expect(arrivals.byKey.size).toBe(CLIENTS);
  for (const values of arrivals.byKey.values()) expect(values).toEqual(numbers(PER_CLIENT));
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, n) => String(n));
}
