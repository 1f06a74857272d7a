/** A Kafka bridge as configured; the configuration's schema gives the defaults. */
export interface KafkaOptions {
  readonly name: string;
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: boolean | KafkaTlsOptions;
  readonly sasl: KafkaSaslOptions | undefined;
  readonly compression: "none" | "gzip";
  /** Outbox lanes, each with a producer of its own. */
  readonly lanes: number;
  readonly forward: readonly KafkaMapping[];
  /** Milliseconds Kafka may take to answer one request. */
  readonly requestTimeoutMs: number;
}

/** Texts in PEM form. */
export interface KafkaTlsOptions {
  /** Certificates that are trusted instead of the system's. */
  readonly ca?: string | undefined;
  /** Certificate and key the bridge shows. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False accepts any certificate. */
  readonly rejectUnauthorized?: boolean | undefined;
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
