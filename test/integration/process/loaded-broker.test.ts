import { performance } from "node:perf_hooks";
import type { MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { connectClient, persistent } from "../../support/mqtt-clients.ts";
import { randomMoments } from "../../support/random-moments.ts";
import { Readings } from "../../support/readings.ts";
import { SensorFleet } from "../../support/sensor-fleet.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };
const SENSORS = 10;
const PER_SENSOR = 300;
const TOTAL = SENSORS * PER_SENSOR;
const SHUTDOWN_TIMEOUT_SECONDS = 5;

describe("a broker under load", { timeout: 60_000 }, () => {
  let broker: BrokerProcess;
  let subscribers: Subscriber[];

  beforeEach(async () => {
    broker = await startBroker({ config: { shutdownTimeout: SHUTDOWN_TIMEOUT_SECONDS } });
    subscribers = [];
  });
  afterEach(async () => {
    for (const { client } of subscribers) await client.endAsync(true);
    await broker?.dispose();
  });

  it("ends with 0 within shutdownTimeout on SIGTERM, and loses nothing it has acknowledged", async () => {
    await subscribe(1);
    const fleet = await SensorFleet.connect({ port: broker.tcpPort, sensors: SENSORS, qos: 1 });
    const moments = randomMoments(3, TOTAL);

    const published = fleet.publish(PER_SENSOR);
    for (const moment of moments) {
      await fleet.whenAcknowledged(moment);
      const startedAt = performance.now();
      expect(await broker.stop()).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(SHUTDOWN_TIMEOUT_SECONDS * 1000);
      await broker.restart();
    }
    await published;

    await expectAll(fleet, `stopped at ${moments}`);
    await fleet.end();
  });

  it("delivers QoS 2 exactly once end to end over several kill -9", async () => {
    await subscribe(2);
    const fleet = await SensorFleet.connect({ port: broker.tcpPort, sensors: SENSORS, qos: 2 });
    const moments = randomMoments(5, TOTAL);

    const published = fleet.publish(PER_SENSOR);
    for (const moment of moments) {
      await fleet.whenAcknowledged(moment);
      await broker.kill();
      await broker.restart();
    }
    await published;

    await expectAll(fleet, `killed at ${moments}`);
    expect(subscribers.map(({ readings }) => readings.repeats)).toEqual([0, 0]);
    await fleet.end();
  });

  /** One subscriber of each version, with a session that outlives the broker. */
  async function subscribe(qos: 1 | 2): Promise<void> {
    for (const version of [4, 5] as const) {
      const readings = new Readings();
      const options = { ...persistent(version), clientId: `subscriber-${version}` };
      const client = await connectClient(`mqtt://127.0.0.1:${broker.tcpPort}`, options, (it) =>
        it.on("message", (_topic, payload) => readings.add(payload)),
      );
      await client.subscribeAsync("sensors/+/temp", { qos });
      subscribers.push({ client, readings });
    }
  }

  async function expectAll(fleet: SensorFleet, how: string): Promise<void> {
    expect(fleet.acknowledged).toBe(TOTAL);
    await vi
      .waitFor(
        () => expect(subscribers.every(({ readings }) => readings.count === TOTAL)).toBe(true),
        PATIENCE,
      )
      .catch(() => {}); // `faults` says more
    for (const { readings } of subscribers) expect(readings.faults(fleet.ids, PER_SENSOR), how).toEqual([]);
  }
});

interface Subscriber {
  readonly client: MqttClient;
  readonly readings: Readings;
}
