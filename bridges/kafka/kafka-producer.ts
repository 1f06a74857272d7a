import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import {
  CompressionTypes,
  type ICustomPartitioner,
  type ISocketFactory,
  Kafka,
  type KafkaConfig,
  type Message as KafkaMessage,
  logLevel,
  Partitioners,
  type Producer,
  type SASLOptions,
  type TopicMessages,
} from "kafkajs";
import type { Clock } from "../../src/base/clock.ts";
import type { Logger } from "../../src/base/logger.ts";
import { BridgeError } from "../bridge-error.ts";
import { endsWithin } from "../deadline.ts";
import type { KafkaOptions } from "./kafka-options.ts";

const CONNECTION_TIMEOUT_MS = 10_000;
const METADATA_AGE_MS = 60_000;
const DISCONNECT_MS = 1_000;
const KEEP_ALIVE_MS = 60_000;

/** Tries inside one send: enough to follow a change of leader or the creation of a topic; the runner does the rest. */
const RETRY = { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };

/**
 * One idempotent producer from connection to its first final failure; it is never used again after that. Its sequence
 * numbers are safe because one send is in flight and a repeated send puts the same records into the same partitions.
 */
export class KafkaProducer {
  readonly #options: KafkaOptions;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #producer: Producer;
  #isDiscarded = false;

  constructor(options: KafkaOptions, clock: Clock, log: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#producer = new Kafka({
      ...clientConfig(options),
      socketFactory: this.#openSocket,
      logCreator: () => (entry) => log.debug({ kafkajs: entry.namespace }, entry.log.message),
    }).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: true,
      metadataMaxAge: METADATA_AGE_MS,
      createPartitioner: pinningPartitioner,
      retry: RETRY,
    });
  }

  connect(): Promise<void> {
    return this.#producer.connect();
  }

  /** Resolves when all records are on all in-sync replicas; after a rejection nothing is known of any of them. */
  async send(topicMessages: TopicMessages[]): Promise<void> {
    const compression = this.#options.compression === "gzip" ? CompressionTypes.GZIP : CompressionTypes.None;
    await this.#producer.sendBatch({
      topicMessages,
      acks: -1,
      timeout: this.#options.requestTimeoutMs,
      compression,
    });
  }

  /** Ends politely if that is quick; afterwards no retry of kafkajs can reach a broker any more. */
  async discard(): Promise<void> {
    await endsWithin(this.#clock, DISCONNECT_MS, this.#producer.disconnect());
    this.#isDiscarded = true;
    const error = new BridgeError("BRIDGE_UNREACHABLE", "the producer was discarded");
    for (const socket of this.#sockets) socket.destroy(error);
  }

  readonly #openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#isDiscarded) throw new BridgeError("BRIDGE_UNREACHABLE", "the producer was discarded");
    const server = isIP(host) ? {} : { servername: host };
    const socket = ssl
      ? tlsConnect({ host, port, ...server, ...ssl }, onConnect)
      : tcpConnect({ host, port }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  };
}

function clientConfig(options: KafkaOptions): KafkaConfig {
  return {
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs,
    logLevel: logLevel.WARN,
    retry: RETRY,
    ssl: typeof options.tls === "boolean" ? options.tls : { ...options.tls },
    ...(options.sasl === undefined ? {} : { sasl: options.sasl as SASLOptions }),
  };
}

/**
 * Java's choice of partition, made once per record: were it made again for a retry after the topic grew, the broker
 * would take different records under sequence numbers it has seen for duplicates, and drop them.
 */
const pinningPartitioner: ICustomPartitioner = () => {
  const choose = Partitioners.DefaultPartitioner();
  const chosen = new WeakMap<KafkaMessage, number>();
  return (args) => {
    const partition = chosen.get(args.message) ?? choose(args);
    chosen.set(args.message, partition);
    return partition;
  };
};
