import type { BasicProperties } from "../codec/basic-properties.ts";

/** Consumed from and named in reply-to by those who want direct replies. */
export const REPLY_QUEUE = "amq.rabbitmq.reply-to";
const PREFIX = `${REPLY_QUEUE}.`;

/** Who waits for direct replies: a channel. */
export interface ReplyConsumer {
  /** Delivered at once or never. */
  deliverReply(routingKey: string, properties: BasicProperties, body: Buffer): void;
}

/** Direct replies of all connections, by the name a request carries in reply-to. One consumer per channel at most. */
export class ReplyConsumers {
  readonly #byName = new Map<string, ReplyConsumer>();
  readonly #randomId: () => string;

  constructor(randomId: () => string) {
    this.#randomId = randomId;
  }

  /** Returns the name to answer to, unguessable; a name is of one virtual host only. */
  add(host: string, consumer: ReplyConsumer): string {
    const name = `${PREFIX}${this.#randomId()}`;
    this.#byName.set(keyOf(host, name), consumer);
    return name;
  }

  remove(host: string, name: string): void {
    this.#byName.delete(keyOf(host, name));
  }

  find(host: string, name: string): ReplyConsumer | undefined {
    return this.#byName.get(keyOf(host, name));
  }
}

export function isReplyName(routingKey: string): boolean {
  return routingKey.startsWith(PREFIX);
}

function keyOf(host: string, name: string): string {
  return `${name}/${host}`;
}
