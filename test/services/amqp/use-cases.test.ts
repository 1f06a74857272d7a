import { connect } from "amqplib";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type AmqpServer, isAgainstRabbitmq, startAmqpServer } from "../../support/services/amqp-server.ts";
import type { ServerProcess } from "../../support/services/server-process.ts";
import { describeWithService } from "../../support/services/services.ts";
import { linesOf, runExample, startedExample } from "./examples.ts";

const PATIENCE = { timeout: 20_000, interval: 40 };
const LIMIT = { timeout: 60_000 };

describeWithService("amqp-python", "the examples in docs/examples/amqp", () => {
  let server: AmqpServer;

  beforeAll(async () => {
    server = await startAmqpServer();
  });

  afterAll(() => server?.dispose());

  it("work queue: three workers share the tasks, and who has a long one gets no other", LIMIT, async () => {
    const workers = await Promise.all(
      [1, 2, 3].map(() => startedExample("work-queue/worker.py", server.url)),
    );

    await runExample("work-queue/send.py", server.url, "30", "600");
    await vi.waitFor(() => expect(allOf(workers, /^done/)).toHaveLength(29), PATIENCE);

    const counts = workers.map((worker) => linesOf(worker, /^done/).length);
    expect(Math.min(...counts)).toBe(0);
    expect(new Set(allOf(workers, /^done/)).size).toBe(29);
  });

  it(
    "orders: what failed three times is put aside, also when the broker was killed before",
    LIMIT,
    async () => {
      await runExample("orders/send.py", server.url, "10", "-1", "30");
      if (!isAgainstRabbitmq()) {
        await server.kill(); // RabbitMQ 3.10's quorum queues do not come back in time
        await server.restart();
      }
      const worker = await startedExample("orders/worker.py", server.url);
      await vi.waitFor(() => expect(linesOf(worker, /^(handled|failed)/)).toHaveLength(5), PATIENCE);
      await vi.waitFor(
        async () => expect(await runExample("orders/failed.py", server.url)).not.toEqual([]),
        PATIENCE,
      );

      expect(linesOf(worker, /^handled/)).toEqual(["handled 1", "handled 3"]);
      expect(linesOf(worker, /^failed/)).toEqual(Array(3).fill("failed 2: nothing to pay"));
      expect(await runExample("orders/failed.py", server.url)).toEqual([
        "order 2 from orders: delivery_limit",
      ]);
    },
  );

  it("events: everyone who listens gets each", LIMIT, async () => {
    const listeners = await Promise.all([1, 2].map(() => startedExample("events/listen.js", server.url)));

    await runExample("events/publish.js", server.url, "signed up", "paid");

    for (const listener of listeners) {
      await vi.waitFor(() => {
        expect(linesOf(listener, /^event/)).toEqual(["event: signed up", "event: paid"]);
      }, PATIENCE);
    }
  });

  it("logs: errors from everywhere, and nothing else", LIMIT, async () => {
    const errors = await startedExample("logs/listen.js", server.url, "*.error");

    await runExample("logs/publish.js", server.url, "api.info", "started");
    await runExample("logs/publish.js", server.url, "api.error", "no answer");
    await runExample("logs/publish.js", server.url, "disk.error", "full");
    await vi.waitFor(() => expect(linesOf(errors, /^\[/)).toHaveLength(2), PATIENCE);

    expect(linesOf(errors, /^\[/)).toEqual(["[api.error] no answer", "[disk.error] full"]);
  });

  it("priorities: the most urgent first, and nothing that is too late", LIMIT, async () => {
    await runExample("priorities/send.js", server.url);
    await vi.waitFor(async () => expect(await lengthOf(server.url, "notices")).toBe(3), PATIENCE); // RabbitMQ is late itself

    expect(await runExample("priorities/take.js", server.url)).toEqual([
      "notice: water in the cellar",
      "notice: filter to be changed",
      "notice: newsletter",
    ]);
  });

  it("requests and replies: two servers, answers by correlation-id", LIMIT, async () => {
    await Promise.all([1, 2].map(() => startedExample("rpc/server.py", server.url)));

    const answers = await runExample("rpc/client.py", server.url, "2", "3", "4", "5");

    expect(answers.sort()).toEqual([
      "2 squared is 4",
      "3 squared is 9",
      "4 squared is 16",
      "5 squared is 25",
    ]);
  });
});

async function lengthOf(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  try {
    return (await (await connection.createChannel()).checkQueue(queue)).messageCount;
  } finally {
    await connection.close();
  }
}

function allOf(programs: readonly ServerProcess[], pattern: RegExp): string[] {
  return programs.flatMap((program) => linesOf(program, pattern));
}
