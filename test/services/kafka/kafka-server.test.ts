import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type KafkaServer, startKafka } from "../../support/services/kafka.ts";
import { describeWithService } from "../../support/services/services.ts";

describeWithService("kafka", "a real Kafka server", () => {
  let server: KafkaServer;

  beforeAll(async () => {
    server = await startKafka();
    await server.createTopic("kept", 2);
  });

  afterAll(() => server?.dispose());

  it("stores what kafkajs produces and hands it to a consumer", async () => {
    await produce(server, "kept", ["first", "second"]);

    expect(await consume(server, "kept", 2)).toEqual(["first", "second"]);
  });

  it("keeps its port and its records over an orderly stop", async () => {
    await server.stop();
    await expect(produce(server, "kept", ["while down"])).rejects.toThrow();

    await server.restart();

    expect(await consume(server, "kept", 2)).toEqual(["first", "second"]);
  });

  it("comes back after SIGKILL with what it had acknowledged", async () => {
    await produce(server, "kept", ["third"]);
    await server.kill();

    await server.restart();

    expect(await consume(server, "kept", 3)).toEqual(["first", "second", "third"]);
  });

  it("takes further properties, here a limit on the size of a record", async () => {
    const strict = await startKafka({ properties: { "message.max.bytes": "1000" } });
    try {
      await strict.createTopic("small", 1);

      await expect(produce(strict, "small", ["x".repeat(2000)])).rejects.toThrow(
        /larger than the max message size/,
      );
    } finally {
      await strict.dispose();
    }
  });
});

function client(server: KafkaServer, retries: number): Kafka {
  return new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING, retry: { retries } });
}

async function produce(server: KafkaServer, topic: string, values: string[]): Promise<void> {
  const producer = client(server, 1).producer();
  try {
    await producer.connect();
    await producer.send({
      topic,
      acks: -1,
      messages: values.map((value) => ({ key: "one partition", value })),
    });
  } finally {
    await producer.disconnect();
  }
}

async function consume(server: KafkaServer, topic: string, count: number): Promise<string[]> {
  const consumer = client(server, 10).consumer({ groupId: `reader-${Math.random()}` });
  const values: string[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on("consumer.crash", ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
        values.push(String(message.value));
        if (values.length >= count) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
    return values;
  } finally {
    await consumer.disconnect();
  }
}
