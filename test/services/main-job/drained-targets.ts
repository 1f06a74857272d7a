import { randomUUID } from "node:crypto";
import { type Channel, connect } from "amqplib";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { Readings } from "../../support/readings.ts";

/** Everything a Kafka topic holds now, partition by partition, in the order of the offsets. */
export async function readKafkaTopic(brokers: string[], topic: string): Promise<Readings> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const readings = new Readings();
  const missing = await endOffsets(kafka, topic);
  const consumer = kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await runUntilRead(consumer, missing, readings);
  await consumer.disconnect();
  return readings;
}

/** Everything a queue holds now; it is empty afterwards. */
export async function drainRabbitmqQueue(url: string, queue: string): Promise<Readings> {
  const readings = new Readings();
  await withChannel(url, async (channel) => {
    const { messageCount } = await channel.checkQueue(queue);
    for (let n = 0; n < messageCount; n += 1000) {
      await Promise.all(
        Array.from({ length: Math.min(1000, messageCount - n) }, async () => {
          const message = await channel.get(queue, { noAck: true });
          if (message === false) throw new Error(`${queue} held less than it said`);
          readings.add(message.content, String(message.properties.headers?.["bridge-seq"]));
        }),
      );
    }
  });
  return readings;
}

/** A durable queue bound to a durable topic exchange. */
export async function declareQueue(url: string, exchange: string, queue: string, key: string): Promise<void> {
  await withChannel(url, async (channel) => {
    await channel.assertExchange(exchange, "topic", { durable: true });
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, exchange, key);
  });
}

async function endOffsets(kafka: Kafka, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const partitions = await admin.fetchTopicOffsets(topic);
    return new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
  } finally {
    await admin.disconnect();
  }
}

/** `ends` holds what the next offset of each partition will be when all was read. */
function runUntilRead(consumer: Consumer, ends: Map<number, number>, readings: Readings): Promise<void> {
  for (const [partition, end] of ends) if (end === 0) ends.delete(partition);
  if (ends.size === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    consumer.on("consumer.crash", ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
    const running = consumer.run({
      eachMessage: async ({ partition, message }) => {
        readings.add(message.value ?? Buffer.alloc(0), String(message.headers?.["bridge-seq"]));
        if (Number(message.offset) + 1 !== ends.get(partition)) return;
        ends.delete(partition);
        if (ends.size === 0) resolve();
      },
    });
    running.catch(reject);
  });
}

async function withChannel(url: string, work: (channel: Channel) => Promise<void>): Promise<void> {
  const connection = await connect(url);
  try {
    await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}
