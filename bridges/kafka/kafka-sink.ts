import type { TopicMessages } from "kafkajs";
import { describe } from "../../src/base/errors.ts";
import type { BridgePorts, BridgeRecord, SendResult, Sink } from "../bridge.ts";
import { TemplateError } from "../template-input.ts";
import { isPoison, toBridgeError } from "./kafka-failure.ts";
import { type KafkaRecord, type ParsedMapping, toKafkaRecord } from "./kafka-mapping.ts";
import type { KafkaOptions } from "./kafka-options.ts";
import { KafkaProducer } from "./kafka-producer.ts";

const DELIVERED: SendResult = { outcome: "delivered" };

/** Sends the batches of one lane to Kafka; after any failure the producer, and with it its id, is replaced. */
export class KafkaSink implements Sink {
  readonly blockedReason = undefined;
  readonly #options: KafkaOptions;
  readonly #mappings: readonly ParsedMapping[];
  readonly #ports: BridgePorts;
  #producer: KafkaProducer | undefined;

  constructor(options: KafkaOptions, mappings: readonly ParsedMapping[], ports: BridgePorts) {
    this.#options = options;
    this.#mappings = mappings;
    this.#ports = ports;
  }

  async connect(): Promise<void> {
    await this.#connectedProducer();
  }

  async send(batch: readonly BridgeRecord[]): Promise<readonly SendResult[]> {
    const rendered = batch.map((record) => this.#render(record));
    const records = rendered.filter(isRecord);
    const sent = records.length === 0 ? DELIVERED : await this.#sendRecords(records);
    return rendered.map((entry) => (isRecord(entry) ? sent : entry));
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  /** One result for all of them: Kafka answers per batch. */
  async #sendRecords(records: readonly KafkaRecord[]): Promise<SendResult> {
    const producer = await this.#connectedProducer();
    try {
      await producer.send(byTopic(records));
      return DELIVERED;
    } catch (error) {
      await this.#discard();
      if (isPoison(error)) return { outcome: "split", reason: describe(error) };
      throw toBridgeError(error);
    }
  }

  async #connectedProducer(): Promise<KafkaProducer> {
    if (this.#producer) return this.#producer;
    const producer = new KafkaProducer(this.#options, this.#ports.clock, this.#ports.log);
    this.#producer = producer;
    try {
      await producer.connect();
    } catch (error) {
      await this.#discard();
      throw toBridgeError(error);
    }
    return producer;
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.discard();
  }

  #render(record: BridgeRecord): KafkaRecord | SendResult {
    const mapping = this.#mappings[record.mapping - 1];
    if (!mapping) return { outcome: "poison", reason: `the bridge has no mapping ${record.mapping}` };
    try {
      return toKafkaRecord(record, mapping);
    } catch (error) {
      if (error instanceof TemplateError) return { outcome: "poison", reason: error.message };
      throw error;
    }
  }
}

function isRecord(entry: KafkaRecord | SendResult): entry is KafkaRecord {
  return "topic" in entry;
}

function byTopic(records: readonly KafkaRecord[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, message } of records) {
    const entry = topics.get(topic) ?? { topic, messages: [] };
    topics.set(topic, entry);
    entry.messages.push(message);
  }
  return [...topics.values()];
}
