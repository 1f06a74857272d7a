import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGoSuite } from "../../support/services/amqp-go.ts";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import { describeWithService } from "../../support/services/services.ts";

/** How many tests and examples version 1.5.0 has. */
const TESTS = 116;

describeWithService("amqp-go", "amqp091-go", () => {
  let server: AmqpServer;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-amqp-go-"));
    server = await startAmqpServer();
  });

  afterAll(async () => {
    await server?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it("passes its own integration suite", { timeout: 180_000 }, async () => {
    const { code, failed, passed, skipped, output } = await runGoSuite(server.url, folder);

    process.stderr.write(
      `amqp091-go: ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped\n`,
    );
    expect(failed, output).toEqual([]);
    expect(passed.length + skipped.length).toBeGreaterThanOrEqual(TESTS);
    expect(code, output).toBe(0);
  });
});
