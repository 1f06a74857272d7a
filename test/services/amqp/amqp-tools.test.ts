import { afterAll, beforeAll, expect, it } from "vitest";
import { type AmqpServer, startAmqpServer } from "../../support/services/amqp-server.ts";
import { ServerProcess } from "../../support/services/server-process.ts";
import { describeWithService } from "../../support/services/services.ts";

/** The programs of rabbitmq-c, the client that C and PHP use. */
describeWithService("amqp-tools", "amqp-tools", () => {
  let server: AmqpServer;

  beforeAll(async () => {
    server = await startAmqpServer();
  });

  afterAll(() => server?.dispose());

  it("declares, publishes, gets, consumes and deletes", async () => {
    expect(await run("amqp-declare-queue", "-d", "-q", "jobs")).toBe("jobs\n");
    await run("amqp-publish", "-p", "-r", "jobs", "-b", "first");
    await run("amqp-publish", "-p", "-r", "jobs", "-b", "second", "-H", "kind: test");

    expect(await run("amqp-get", "-q", "jobs")).toBe("first");
    expect(await run("amqp-consume", "-q", "jobs", "-c", "1", "cat")).toBe("second");
    expect(await run("amqp-delete-queue", "-q", "jobs")).toBe("0\n");
  });

  it("is told what is refused", async () => {
    await expect(run("amqp-get", "-q", "nowhere")).rejects.toThrow("404");
  });

  async function run(program: string, ...args: string[]): Promise<string> {
    const tool = new ServerProcess({ command: program, args: [`--url=${server.url}`, ...args] });
    const code = await tool.exited;
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${tool.output()}`);
    return tool.output();
  }
});
