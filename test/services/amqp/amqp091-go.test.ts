import { afterAll, beforeAll, expect, it } from "vitest";
import { runGoSuite } from "../../support/services/amqp-go.ts";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import { describeWithService } from "../../support/services/services.ts";

/** How many tests and examples version 1.5.0 has. */
const TESTS = 116;

describeWithService("amqp-go", "amqp091-go", () => {
  let server: AmqpServer;

  beforeAll(async () => {
    // Under another name the suite leaves some of its tests empty, and their connections open.
    server = await startAmqpServer({ amqp: { product: "RabbitMQ" } });
  });

  afterAll(() => server?.dispose());

  it("passes its own integration suite", { timeout: 180_000 }, async () => {
    const { code, failed, passed, skipped, output } = await runGoSuite(server.url);

    process.stderr.write(`amqp091-go: ${passed.length} passed, ${failed.length} failed\n`);
    expect(failed, output).toEqual([]);
    expect(passed.length + skipped.length, output).toBeGreaterThanOrEqual(TESTS);
    expect(code, output).toBe(0);
  });
});
