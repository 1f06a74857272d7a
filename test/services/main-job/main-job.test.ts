import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { connectClient, persistent } from "../../support/mqtt-clients.ts";
import { randomMoments } from "../../support/random-moments.ts";
import { readMetric } from "../../support/read-metric.ts";
import { Readings } from "../../support/readings.ts";
import { SensorFleet } from "../../support/sensor-fleet.ts";
import { type KafkaServer, startKafka } from "../../support/services/kafka.ts";
import { type RabbitmqServer, startRabbitmq } from "../../support/services/rabbitmq.ts";
import { describeWithServices } from "../../support/services/services.ts";
import { declareQueue, drainRabbitmqQueue, readKafkaTopic } from "./drained-targets.ts";

const SENSORS = 20;
const FILTER = "sensors/+/temp";
const PATIENCE = { timeout: 60_000, interval: 50 };
const TEST_TIMEOUT_MS = 150_000;
const OUTAGE_MS = 20_000;
const BROKER_KILLS = 4;
const BRIDGES = ["analytics", "operations"] as const;

describeWithServices(["kafka", "rabbitmq"], "Sensors to a dashboard, Kafka and RabbitMQ", () => {
  let kafka: KafkaServer;
  let rabbitmq: RabbitmqServer;

  beforeAll(async () => {
    [kafka, rabbitmq] = await Promise.all([startKafka(), startRabbitmq()]);
  });
  afterAll(async () => {
    await Promise.all([kafka?.dispose(), rabbitmq?.dispose()]);
  });

  it("delivers 20,000 QoS 1 readings to all three, complete and in order per sensor", {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const perSensor = 1000;
    const { broker, fleet, targets } = await aRunningJob("sensor-data-queue");
    const dashboard = await aDashboard(broker);

    await fleet.publish(perSensor);
    await vi.waitFor(() => expect(dashboard.count).toBe(SENSORS * perSensor), PATIENCE);

    expect(dashboard.faults(fleet.ids, perSensor)).toEqual([]);
    expect(dashboard.repeats).toBe(0);
    const { fromKafka, fromRabbitmq } = await targets();
    for (const readings of [fromKafka, fromRabbitmq]) {
      expect(readings.faults(fleet.ids, perSensor)).toEqual([]);
      expect(readings.repeats).toBe(0);
    }
  });

  it("loses no acknowledged reading when the broker is killed again and again", {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const perSensor = 300;
    const job = await aRunningJob("broker-killed");
    const moments = randomMoments(BROKER_KILLS, SENSORS * perSensor);

    const published = job.fleet.publish(perSensor);
    for (const moment of moments) {
      await job.fleet.whenAcknowledged(moment);
      await job.broker.kill();
      await job.broker.restart();
    }
    await published;

    await expectEverythingEverywhere(job, perSensor, `killed at ${moments}`);
  });

  it("takes readings while Kafka is away for 20 seconds, and delivers them when it is back", {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const [before, meanwhile] = [100, 150];
    const job = await aRunningJob("kafka-stopped");

    const published = job.fleet.publish(before);
    await job.fleet.whenAcknowledged((SENSORS * before) / 2);
    await kafka.stop();
    const outage = delay(OUTAGE_MS);
    await published;
    await job.fleet.publish(meanwhile); // acknowledged while Kafka is away
    await vi.waitFor(() => expectBridgeState(job.broker, "analytics", "retrying"), PATIENCE);
    await outage;
    await kafka.restart();

    await expectEverythingEverywhere(job, before + meanwhile);
  });

  it("loses no acknowledged reading when RabbitMQ is killed", { timeout: TEST_TIMEOUT_MS }, async () => {
    const perSensor = 250;
    const job = await aRunningJob("rabbitmq-killed");
    await rabbitmq.syncDefinitions();
    const [moment] = randomMoments(1, SENSORS * perSensor);

    const published = job.fleet.publish(perSensor);
    await job.fleet.whenAcknowledged(moment!);
    await rabbitmq.kill();
    await published;
    await vi.waitFor(() => expectBridgeState(job.broker, "operations", "retrying"), PATIENCE);
    const underWay = await bridgeFigure(job.broker, "operations", "retried_total");
    await rabbitmq.restart();

    await expectEverythingEverywhere(job, perSensor, `killed at ${moment} with ${underWay} under way`);
  });

  it("starts without Kafka and RabbitMQ, and delivers what was taken once they appear", {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const perSensor = 150;
    const job = await aRunningJob("servers-late", async () => {
      await Promise.all([kafka.stop(), rabbitmq.stop()]);
    });

    await job.fleet.publish(perSensor);
    for (const bridge of BRIDGES) {
      await vi.waitFor(() => expectBridgeState(job.broker, bridge, "retrying"), PATIENCE);
    }
    await Promise.all([kafka.restart(), rabbitmq.restart()]);

    await expectEverythingEverywhere(job, perSensor);
  });

  interface Job {
    readonly broker: BrokerProcess;
    readonly fleet: SensorFleet;
    /** What Kafka and RabbitMQ hold once the outboxes are empty. */
    targets(): Promise<{ fromKafka: Readings; fromRabbitmq: Readings }>;
  }

  /** Topic and queue of that name, a broker that bridges to both, two sleeping subscribers, sensors that are ready. */
  async function aRunningJob(name: string, beforeStart = async (): Promise<void> => {}): Promise<Job> {
    const exchange = `exchange-${name}`;
    await kafka.createTopic(name, 6);
    await declareQueue(rabbitmq.url, exchange, name, "sensors.*.temp");
    await beforeStart();
    const key = `\${payload.sensor_id}`;
    const retry = { initialMs: 50, maximumMs: 1000 };
    const toKafka = { from: FILTER, topic: name, key };
    const toRabbitmq = { from: FILTER, exchange, routingKey: `\${topic.dotted}`, key };
    const config = {
      bridges: [
        { type: "kafka", name: "analytics", brokers: kafka.brokers, retry, forward: [toKafka] },
        { type: "amqp", name: "operations", url: rabbitmq.url, retry, forward: [toRabbitmq] },
      ],
    };
    const broker = await startBroker({ config });
    onTestFinished(() => broker.dispose());
    for (const version of [4, 5] as const) await (await aSleeper(broker, version)).endAsync();
    const fleet = await SensorFleet.connect({ port: broker.tcpPort, sensors: SENSORS });
    onTestFinished(() => fleet.end());
    return {
      broker,
      fleet,
      targets: async () => {
        for (const bridge of BRIDGES) await expectDrained(broker, bridge);
        return {
          fromKafka: await readKafkaTopic(kafka.brokers, name),
          fromRabbitmq: await drainRabbitmqQueue(rabbitmq.url, name),
        };
      },
    };
  }

  /** Every reading is in Kafka, in RabbitMQ, and with the subscribers that were away all the time. */
  async function expectEverythingEverywhere(job: Job, perSensor: number, how = ""): Promise<void> {
    const { fromKafka, fromRabbitmq } = await job.targets();
    const receivers = { fromKafka, fromRabbitmq, v4: new Readings(), v5: new Readings() };
    const sleepers = await Promise.all([
      aSleeper(job.broker, 4, receivers.v4),
      aSleeper(job.broker, 5, receivers.v5),
    ]);
    const wanted = SENSORS * perSensor;
    await vi
      .waitFor(() => expect([receivers.v4.count, receivers.v5.count]).toEqual([wanted, wanted]), PATIENCE)
      .catch(() => {}); // `faults` says more
    await Promise.all(sleepers.map((client) => client.endAsync()));

    expect(job.fleet.acknowledged).toBe(wanted);
    for (const [receiver, readings] of Object.entries(receivers)) {
      expect(readings.faults(job.fleet.ids, perSensor), `${receiver} ${how}`).toEqual([]);
    }
    report(receivers, how);
  }
});

async function aDashboard(broker: BrokerProcess): Promise<Readings> {
  const readings = new Readings();
  const client = await connectClient(`ws://127.0.0.1:${broker.wsPort}/mqtt`, { protocolVersion: 5 }, (it) =>
    it.on("message", (_topic, payload) => readings.add(payload)),
  );
  onTestFinished(() => client.endAsync(true));
  await client.subscribeAsync(FILTER, { qos: 1 });
  return readings;
}

/** A subscriber with a persistent session; the second time it takes what waited for it. */
async function aSleeper(broker: BrokerProcess, version: 4 | 5, readings?: Readings) {
  const options = { ...persistent(version), clientId: `sleeper-${version}`, resubscribe: false };
  const client = await connectClient(`mqtt://127.0.0.1:${broker.tcpPort}`, options, (it) =>
    it.on("message", (_topic, payload) => readings?.add(payload)),
  );
  if (!readings) await client.subscribeAsync(FILTER, { qos: 1 });
  return client;
}

async function expectBridgeState({ adminPort }: BrokerProcess, bridge: string, state: string): Promise<void> {
  expect(await readMetric(adminPort, "causeway_bridge_state", { bridge, state })).toBe(1);
}

function bridgeFigure({ adminPort }: BrokerProcess, bridge: string, name: string): Promise<number> {
  return readMetric(adminPort, `causeway_bridge_${name}`, { bridge });
}

/** The outbox is empty, nothing was given up, and the figures of the bridge add up. */
async function expectDrained(broker: BrokerProcess, bridge: string): Promise<void> {
  const figure = (name: string): Promise<number> => bridgeFigure(broker, bridge, name);
  await vi.waitFor(async () => expect(await figure("queued_messages")).toBe(0), PATIENCE);
  expect(await figure("dead_lettered_total")).toBe(0);
  const taken = (await figure("matched_total")) + (await figure("held_at_start_messages"));
  expect(await figure("delivered_total")).toBe(taken);
}

/** With REPORT=1: how often readings were repeated, for repeated runs by hand. */
function report(receivers: Readonly<Record<string, Readings>>, how: string): void {
  const { REPORT } = process.env;
  if (REPORT !== "1") return;
  const lines = Object.entries(receivers).map(
    ([receiver, { count, bridgeRepeats, publisherRepeats }]) =>
      `${receiver}: ${count} + ${bridgeRepeats} bridge + ${publisherRepeats} publisher repeats`,
  );
  process.stderr.write(`${how} ${lines.join("; ")}\n`);
}
