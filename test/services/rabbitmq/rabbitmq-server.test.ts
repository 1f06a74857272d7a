import { type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RabbitmqServer, startRabbitmq } from "../../support/services/rabbitmq.ts";
import { describeWithService } from "../../support/services/services.ts";

describeWithService("rabbitmq", "a real RabbitMQ server", () => {
  let server: RabbitmqServer;

  beforeAll(async () => {
    server = await startRabbitmq();
  });

  afterAll(() => server?.dispose());

  it("still has a confirmed persistent message after SIGKILL and a restart", async () => {
    await publishConfirmed(server, "kept", "confirmed before the kill");
    await server.syncDefinitions();

    await server.kill();
    await expect(connect(server.url)).rejects.toThrow();
    await server.restart();

    expect(await takeOne(server, "kept")).toBe("confirmed before the kill");
  });

  it("keeps its port and its messages over an orderly stop", async () => {
    await publishConfirmed(server, "stopped", "confirmed before the stop");

    await server.stop();
    await server.restart();

    expect(await takeOne(server, "stopped")).toBe("confirmed before the stop");
  });

  it("runs beside a second one", async () => {
    const other = await startRabbitmq();
    try {
      await publishConfirmed(other, "elsewhere", "of the other server");

      expect(await takeOne(other, "elsewhere")).toBe("of the other server");
      expect(other.port).not.toBe(server.port);
    } finally {
      await other.dispose();
    }
  });
});

async function withConnection<T>(
  server: RabbitmqServer,
  work: (connection: ChannelModel) => Promise<T>,
): Promise<T> {
  const connection = await connect(server.url);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

async function publishConfirmed(server: RabbitmqServer, queue: string, body: string): Promise<void> {
  await withConnection(server, async (connection) => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(queue, { durable: true });
    channel.sendToQueue(queue, Buffer.from(body), { persistent: true });
    await channel.waitForConfirms();
  });
}

async function takeOne(server: RabbitmqServer, queue: string): Promise<string | undefined> {
  return withConnection(server, async (connection) => {
    const channel = await connection.createChannel();
    const message = await channel.get(queue, { noAck: true });
    return message === false ? undefined : message.content.toString();
  });
}
