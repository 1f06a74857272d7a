import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { freePort } from "../../support/free-port.ts";
import { readMetric } from "../../support/read-metric.ts";
import { SensorFleet } from "../../support/sensor-fleet.ts";

const PATIENCE = { timeout: 15_000, interval: 50 };
const SENSORS = 4;
const PER_SENSOR = 100;
const BRIDGE = { bridge: "analytics" };

describe("a broker whose Kafka cannot be reached", () => {
  let kafkaAddress: string;
  let broker: BrokerProcess;
  let fleet: SensorFleet;

  beforeEach(async () => {
    kafkaAddress = `127.0.0.1:${await freePort()}`;
    const forward = [{ from: "sensors/+/temp", topic: "sensor-data-queue" }];
    const retry = { initialMs: 10, maximumMs: 100 };
    broker = await startBroker({
      config: { bridges: [{ type: "kafka", name: "analytics", brokers: [kafkaAddress], forward, retry }] },
    });
    fleet = await SensorFleet.connect({ port: broker.tcpPort, sensors: SENSORS });
  });
  afterEach(async () => {
    await fleet?.end();
    await broker?.dispose();
  });

  it("acknowledges readings and keeps them, over kill -9 too", async () => {
    await fleet.publish(PER_SENSOR);
    expect(await readMetric(broker.adminPort, "causeway_bridge_queued_messages", BRIDGE)).toBe(400);

    await broker.restart();

    expect(await readMetric(broker.adminPort, "causeway_bridge_held_at_start_messages", BRIDGE)).toBe(400);
  });

  it("stays healthy, shows the bridge as retrying, and logs one line that names the address", async () => {
    await vi.waitFor(async () => {
      expect(
        await readMetric(broker.adminPort, "causeway_bridge_send_failures_total", BRIDGE),
      ).toBeGreaterThan(12);
    }, PATIENCE);

    const state = { ...BRIDGE, state: "retrying" };
    expect(await readMetric(broker.adminPort, "causeway_bridge_state", state)).toBe(1);
    expect((await fetch(`http://127.0.0.1:${broker.adminPort}/health`)).status).toBe(200);
    const warnings = broker
      .output()
      .split("\n")
      .filter((line) => line.includes('"level":"warn"'));
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0]!)).toMatchObject({
      msg: "bridge cannot deliver",
      bridge: "analytics",
      state: "retrying",
      error: expect.stringContaining(kafkaAddress),
    });
  });

  it("ends with 0 on SIGTERM all the same", async () => {
    await fleet.publish(PER_SENSOR);

    expect(await broker.stop()).toBe(0);
  });
});
