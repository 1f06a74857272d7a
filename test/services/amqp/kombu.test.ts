import { afterAll, beforeAll, expect, it } from "vitest";
import { resultOf, startPython } from "../../support/services/amqp-python.ts";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import { describeWithService } from "../../support/services/services.ts";

describeWithService("amqp-python", "kombu", () => {
  let server: AmqpServer;

  beforeAll(async () => {
    server = await startAmqpServer();
  });

  afterAll(() => server?.dispose());

  it("publishes with confirms, consumes, gives back, rejects and keeps its connection alive", async () => {
    expect(await resultOf(startPython(server.url, ["kombu_run.py"]))).toEqual({
      simpleQueue: [0, 1, 2],
      topics: ["api.error", "db.error"],
      requeueAndReject: [false, true, ["job", "rejected"]],
      heartbeat: true,
    });
  });
});
