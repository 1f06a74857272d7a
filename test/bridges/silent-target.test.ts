import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBridge as createAmqpBridge } from "../../bridges/amqp/amqp-bridge.ts";
import type { Bridge } from "../../bridges/bridge.ts";
import { createBridge as createKafkaBridge } from "../../bridges/kafka/kafka-bridge.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { aRunningBridge } from "./support/bridge-rig.ts";
import { aMessage } from "./support/messages.ts";
import { aSilentServer } from "./support/silent-server.ts";

const ports = { clock: systemClock, log: silentLogger };

const kinds: readonly { kind: string; createBridge(port: number): Bridge }[] = [
  {
    kind: "Kafka",
    createBridge: (port) =>
      createKafkaBridge(
        {
          name: "k",
          brokers: [`127.0.0.1:${port}`],
          clientId: "causeway",
          tls: false,
          sasl: undefined,
          compression: "none",
          lanes: 1,
          forward: [{ from: "#", topic: "t", key: "k" }],
          requestTimeoutMs: 30_000,
        },
        ports,
      ),
  },
  {
    kind: "AMQP",
    createBridge: (port) =>
      createAmqpBridge(
        {
          name: "q",
          url: `amqp://127.0.0.1:${port}`,
          lanes: 1,
          forward: [{ from: "#", exchange: "", routingKey: "r", key: "k" }],
          mandatory: true,
          unroutable: "deadLetter",
          heartbeat: 0,
        },
        ports,
      ),
  },
];

describe.each(kinds)("$kind bridge to a target that accepts and stays silent", ({ createBridge }) => {
  let server: Awaited<ReturnType<typeof aSilentServer>>;

  beforeEach(async () => {
    server = await aSilentServer();
  });
  afterEach(() => {
    server.close();
  });

  it("settles nothing, and gives the connection up when it is stopped", async () => {
    const { runner, publish, lanes } = aRunningBridge(createBridge(server.port));
    publish(aMessage());
    await vi.waitFor(() => expect(server.connections()).toBe(1));

    await runner.stop(200);

    await vi.waitFor(() => expect(server.connections()).toBe(0));
    expect(lanes[0]?.count).toBe(1);
    expect(runner.status()).toMatchObject({ state: "stopped", delivered: 0, queued: 1 });
  });
});
