import { Connection } from "rabbitmq-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import { runAmqpSuite } from "./amqp.suite.ts";
import { startRabbitmqClient } from "./rabbitmq-client-driver.ts";

const PATIENCE = { timeout: 30_000, interval: 40 };

describe("rabbitmq-client", () => {
  runAmqpSuite({ start: startRabbitmqClient });

  describe("with its consumers, publishers and calls", () => {
    let server: AmqpServer;
    let connection: Connection;

    beforeAll(async () => {
      server = await startAmqpServer();
      connection = new Connection({ url: server.url, retryLow: 50, retryHigh: 200 });
      connection.on("error", () => {}); // it connects again by itself
    });
    afterAll(async () => {
      await connection?.close();
      await server?.dispose();
    });

    it("goes on by itself when the broker was killed and is back", { timeout: 60_000 }, async () => {
      const received: string[] = [];
      const queueOptions = { durable: true };
      const consumer = connection.createConsumer({ queue: "kept", queueOptions }, async ({ body }) => {
        received.push(String(body));
      });
      consumer.on("error", () => {});
      const publisher = connection.createPublisher({ confirm: true, maxAttempts: 5 });
      await publisher.send({ routingKey: "kept", durable: true }, "before");
      await vi.waitFor(() => expect(received).toEqual(["before"]), PATIENCE);

      await server.kill();
      await server.restart();
      await vi.waitFor(() => publisher.send({ routingKey: "kept", durable: true }, "after"), PATIENCE);
      await vi.waitFor(() => expect(received).toContain("after"), PATIENCE);

      await consumer.close();
      await publisher.close();
    });

    it("calls over direct reply-to", async () => {
      const service = connection.createConsumer({ queue: "double" }, async ({ body }, reply) => {
        await reply(Number(body) * 2);
      });
      await new Promise((resolve) => service.once("ready", resolve));
      const calls = connection.createRPCClient({ confirm: true });

      const answers = await Promise.all([1, 2, 3].map((n) => calls.send("double", String(n))));

      expect(answers.map(({ body }) => Number(body))).toEqual([2, 4, 6]);
      await calls.close();
      await service.close();
    });
  });
});
