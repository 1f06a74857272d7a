import type { FieldTable } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";

export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
}

export interface QueueDeclaration {
  /** Never empty. */
  readonly name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

export interface QueueStatus {
  readonly name: string;
  /** Ready: not those in consumers' hands. */
  readonly messageCount: number;
  readonly consumerCount: number;
}

export interface Binding {
  readonly source: string;
  /** A queue's or an exchange's name. */
  readonly destination: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

/** A message from a publisher that speaks of exchanges. */
export interface Publication {
  /** Owned; its topic name is given here when it reaches MQTT subscribers. */
  readonly message: Message;
  readonly exchange: string;
  readonly routingKey: string;
  /** Of CC and BCC. */
  readonly furtherKeys: readonly string[];
  headers(): FieldTable;
  /** Whether its publisher may send to this topic. */
  mayPublish(topicName: string): boolean;
  /** What MQTT subscribers get to see of it, when that is not what `message` says. */
  shown?(): Pick<Message, "properties" | "retain">;
}

/** What became of a publication, as bits. */
export const PublishResult = {
  /** The waiter will be told; without it everything is done already. */
  Pending: 1,
  /** Some queue or MQTT subscriber got it. */
  Routed: 2,
  /** A full queue or a receiver of its topic refuses it. */
  Rejected: 4,
} as const;

/** Who declares exclusive queues: a connection. Compared by identity. */
export type QueueOwner = object;
