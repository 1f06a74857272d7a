import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type AmqpBroker, isAgainstRabbitmq, startAmqpBroker } from "../../support/services/amqp-server.ts";
import type { ServerProcess } from "../../support/services/server-process.ts";
import { describeWithService } from "../../support/services/services.ts";
import { linesOf, runExample, startedExample, workQueueConfig } from "./examples.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };
const LIMIT = { timeout: 90_000 };
const READINGS = 2000;

/** Sensors speak MQTT, workers AMQP; config/examples/work-queue.yaml is the configuration. RabbitMQ has no such exchange. */
describeWithService("amqp-python", "readings of sensors that workers share", () => {
  let broker: AmqpBroker;
  let mqttUrl: string;

  beforeAll(async () => {
    if (isAgainstRabbitmq()) return;
    broker = await startAmqpBroker(workQueueConfig());
    mqttUrl = `mqtt://127.0.0.1:${broker.tcpPort}`;
  });

  afterAll(() => broker?.dispose());

  it.skipIf(isAgainstRabbitmq())("loses nothing when one of three workers is killed", LIMIT, async () => {
    const workers = await Promise.all([1, 2, 3].map(() => startedExample("readings/worker.py", broker.url)));

    const published = runExample("readings/sensors.js", mqttUrl, String(READINGS));
    const [victim, ...others] = workers as [ServerProcess, ...ServerProcess[]];
    await vi.waitFor(() => expect(linesOf(victim, /^reading/)).not.toEqual([]), PATIENCE);
    await victim.kill();
    await published;
    await vi.waitFor(() => expect(idsOf(workers).size).toBe(READINGS), PATIENCE);

    expect(Math.min(...others.map((worker) => linesOf(worker, /^reading/).length))).toBeGreaterThan(0);
    expect(linesOf(victim, /^reading/).length).toBeLessThan(READINGS);
  });

  it.skipIf(isAgainstRabbitmq())(
    "keeps readings for workers that come later, over SIGKILL",
    LIMIT,
    async () => {
      await runExample("readings/sensors.js", mqttUrl, "100");
      await broker.kill();
      await broker.restart();

      const worker = await startedExample("readings/worker.py", broker.url);
      await vi.waitFor(() => expect(idsOf([worker]).size).toBe(100), PATIENCE);

      expect(linesOf(worker, /^reading/).slice(0, 2)).toEqual([
        "reading 0 of sensors/0/temperature",
        "reading 1 of sensors/1/temperature",
      ]);
    },
  );

  it.skipIf(isAgainstRabbitmq())(
    "an MQTT client at QoS 1 shares them with an AMQP worker",
    LIMIT,
    async () => {
      const overAmqp = await startedExample("readings/worker.py", broker.url);
      const overMqtt = await startedExample("readings/mqtt-worker.js", mqttUrl);

      await runExample("readings/sensors.js", mqttUrl, "400");
      await vi.waitFor(() => expect(idsOf([overAmqp, overMqtt]).size).toBe(400), PATIENCE);

      const counts = [overAmqp, overMqtt].map((worker) => linesOf(worker, /^reading/).length);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(counts[0]! + counts[1]!).toBe(400); // nobody was killed: each reading once
    },
  );
});

function idsOf(workers: readonly ServerProcess[]): Set<string> {
  const lines = workers.flatMap((worker) => linesOf(worker, /^reading/));
  return new Set(lines.map((line) => line.split(" ")[1] ?? ""));
}
