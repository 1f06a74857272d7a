/** A Kafka bridge as configured; the configuration's schema gives the defaults. */
export interface KafkaOptions {
  readonly name: string;
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** `ca`: certificates in PEM that are trusted instead of the system's. */
  readonly tls: boolean | { readonly ca?: string | undefined };
  readonly sasl: KafkaSaslOptions | undefined;
  readonly compression: "none" | "gzip";
  /** Outbox lanes, each with a producer of its own. */
  readonly lanes: number;
  readonly forward: readonly KafkaMapping[];
  /** Milliseconds Kafka may take to answer one request. */
  readonly requestTimeoutMs: number;
}

export interface KafkaSaslOptions {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

export interface KafkaMapping {
  /** Topic filter. */
  readonly from: string;
  /** Template of the Kafka topic. */
  readonly topic: string;
  /** Template of the record key: it decides the partition, and order is kept per key. */
  readonly key: string;
  /** Headers beside those every record carries; values are templates. */
  readonly headers?: readonly KafkaHeader[] | undefined;
}

export interface KafkaHeader {
  readonly name: string;
  readonly value: string;
}
