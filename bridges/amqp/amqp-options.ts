/** An AMQP 0-9-1 bridge as configured; the configuration's schema gives the defaults. */
export interface AmqpOptions {
  readonly name: string;
  /** `amqp://` or `amqps://` with user, password and virtual host. */
  readonly url: string;
  /** Outbox lanes, each with a connection and a confirm channel of its own. */
  readonly lanes: number;
  readonly forward: readonly AmqpMapping[];
  /** Declared after each connect; others must exist. */
  readonly assertExchanges?: readonly AmqpExchange[] | undefined;
  /** Ask the server to return what no queue would take; without it such a record counts as delivered. */
  readonly mandatory: boolean;
  /** What becomes of a returned record. */
  readonly unroutable: "deadLetter" | "retry" | "drop";
  /** Seconds between heartbeats; 0 = none. */
  readonly heartbeat: number;
}

export interface AmqpMapping {
  /** Topic filter. */
  readonly from: string;
  /** Template of the exchange; "" is the default exchange. */
  readonly exchange: string;
  /** Template of the routing key. */
  readonly routingKey: string;
  /** Template: order is kept among messages with the same key. */
  readonly key: string;
}

export interface AmqpExchange {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
}
