import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { resultOf, startCeleryWorker, startPython } from "../../support/services/amqp-python.ts";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import type { ServerProcess } from "../../support/services/server-process.ts";
import { describeWithService } from "../../support/services/services.ts";

const PATIENCE = { timeout: 30_000, interval: 40 };

describeWithService("amqp-python", "Celery", () => {
  let server: AmqpServer;
  let worker: ServerProcess | undefined;

  beforeAll(async () => {
    server = await startAmqpServer();
  });

  afterAll(async () => {
    await worker?.kill();
    await server?.dispose();
  });

  it("does the most urgent of the tasks that wait first", { timeout: 60_000 }, async () => {
    const calls = startPython(server.url, ["celery_calls.py", "priorities"]);
    await calls.waitUntil("sent", () => calls.output().includes("sent"), PATIENCE.timeout);
    await aWorker();

    expect(await resultOf(calls)).toEqual({ order: ["high", "middle", "low"] });
  });

  it("answers calls, groups and chains over rpc://", async () => {
    expect(await resultOf(await call("results"))).toEqual({
      sum: 5,
      group: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
      chain: 13,
    });
  });

  it("tries again what failed, as often as it may", async () => {
    expect(await resultOf(await call("retries"))).toEqual({
      flaky: 2,
      hopeless: "ValueError('never')",
      state: "FAILURE",
    });
  });

  it("does nothing before its time", async () => {
    expect(await resultOf(await call("eta"))).toEqual({ wasEarly: false });
  });

  it("does others while it holds more than its prefetch count of tasks that are not due", async () => {
    expect(await resultOf(await call("held"))).toEqual({ doneMeanwhile: 2, stillHeld: 5, doneLater: 5 });
  });

  it("has another worker do the task of one that was killed", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "causeway-celery-"));
    const marker = join(folder, "begun");
    try {
      const calls = await call("hold", marker);
      await vi.waitFor(() => expect(existsSync(marker)).toBe(true), PATIENCE);

      await worker?.kill();
      worker = undefined;
      await aWorker();

      expect(await resultOf(calls)).toEqual({ result: "done by another" });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("goes on when the broker was killed and is back", { timeout: 60_000 }, async () => {
    const running = await aWorker();
    const connections = connectionsOf(running);

    await server.kill();
    await server.restart();
    await vi.waitFor(() => expect(connectionsOf(running)).toBeGreaterThan(connections), PATIENCE);

    expect(await resultOf(await call("results"))).toMatchObject({ sum: 5 });
  });

  async function call(...args: string[]): Promise<ServerProcess> {
    await aWorker();
    return startPython(server.url, ["celery_calls.py", ...args]);
  }

  async function aWorker(): Promise<ServerProcess> {
    worker ??= await startCeleryWorker(server.url);
    return worker;
  }
});

function connectionsOf(worker: ServerProcess): number {
  return [...worker.output().matchAll(/Connected to amqp/g)].length;
}

describeWithService("amqp-python", "Celery that takes the broker for RabbitMQ", () => {
  let server: AmqpServer;

  beforeAll(async () => {
    server = await startAmqpServer({ amqp: { product: "RabbitMQ" } });
  });

  afterAll(() => server?.dispose());

  it("does others while it holds more than its prefetch count of tasks that are not due", async () => {
    const worker = await startCeleryWorker(server.url);
    try {
      const calls = startPython(server.url, ["celery_calls.py", "held"]);

      expect(await resultOf(calls)).toEqual({ doneMeanwhile: 2, stillHeld: 5, doneLater: 5 });
    } finally {
      await worker.kill();
    }
  });
});
