import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  connect,
  type Message,
  type Options,
} from "amqplib";
import type {
  AmqpAnswer,
  AmqpCommand,
  AmqpDriver,
  DeclareQueue,
  DrivenDelivery,
  DrivenProperties,
  OpenCommand,
  Publication,
} from "../../support/services/amqp-driver.ts";
import { codeInText, type Emit, type InProcessClient, InProcessDriver } from "./in-process-driver.ts";

/** Starts nothing: amqplib runs in the process of the tests. */
export function startAmqplib(): AmqpDriver {
  return new InProcessDriver(AmqplibClient.open, codeOf);
}

class AmqplibClient implements InProcessClient {
  /** What the server closed the channel for. */
  #refusal: number | undefined;
  #isClosing = false;
  readonly #connection: ChannelModel;
  readonly #channel: Channel | ConfirmChannel;
  readonly #emit: Emit;

  private constructor(connection: ChannelModel, channel: Channel | ConfirmChannel, emit: Emit) {
    this.#connection = connection;
    this.#channel = channel;
    this.#emit = emit;
    connection.on("error", () => {}); // "close" follows
    connection.on("close", () => {
      if (!this.#isClosing) emit({ event: "disconnected" });
    });
    channel.on("error", (error) => {
      this.#refusal = codeOf(error);
    });
    channel.on("return", ({ content, fields }) => {
      const { replyCode: code } = fields as { readonly replyCode?: number };
      emit({ event: "returned", code: code ?? 0, body: content.toString() });
    });
  }

  static async open(
    { port, user, password, virtualHost, heartbeat, confirms }: OpenCommand,
    emit: Emit,
  ): Promise<AmqplibClient> {
    const address = { hostname: "127.0.0.1", port, username: user, password, vhost: virtualHost, heartbeat };
    const connection = await connect(address);
    const channel = confirms ? await connection.createConfirmChannel() : await connection.createChannel();
    return new AmqplibClient(connection, channel, emit);
  }

  refusalOf(error: unknown): number | undefined {
    return this.#refusal ?? codeOf(error);
  }

  async do(command: Exclude<AmqpCommand, OpenCommand>): Promise<AmqpAnswer> {
    const channel = this.#channel;
    switch (command.command) {
      case "declareExchange": {
        const { exchange, type, durable, arguments: fields } = command;
        await channel.assertExchange(exchange, type, { durable, arguments: fields });
        return {};
      }
      case "declareQueue":
        return this.#declareQueue(command);
      case "bind":
        await channel.bindQueue(command.queue, command.exchange, command.key, command.arguments);
        return {};
      case "publish":
        return this.#publish(command);
      case "consume": {
        const { queue, tag, noAck, exclusive, arguments: fields } = command;
        const options = { consumerTag: tag, noAck, exclusive, arguments: fields };
        await channel.consume(queue, (message) => this.#take(tag, message), options);
        return {};
      }
      case "cancel":
        await channel.cancel(command.tag);
        return {};
      case "get": {
        const message = await channel.get(command.queue, { noAck: false });
        return { message: message === false ? null : toDelivery(message) };
      }
      case "ack":
        channel.ack(messageWith(command.deliveryTag), command.multiple);
        return {};
      case "nack":
        channel.nack(messageWith(command.deliveryTag), false, command.requeue);
        return {};
      case "prefetch":
        await channel.prefetch(command.count);
        return {};
      case "deleteQueue":
        return { messages: (await channel.deleteQueue(command.queue)).messageCount };
      case "purge":
        return { messages: (await channel.purgeQueue(command.queue)).messageCount };
      case "close":
        await this.close();
        return {};
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#connection.close().catch(() => {}); // it has ended already
  }

  async #declareQueue(command: DeclareQueue): Promise<AmqpAnswer> {
    const { queue, passive, durable, exclusive, autoDelete, arguments: fields } = command;
    const reply = passive
      ? await this.#channel.checkQueue(queue)
      : await this.#channel.assertQueue(queue, { durable, exclusive, autoDelete, arguments: fields });
    return { queue: reply.queue, messages: reply.messageCount, consumers: reply.consumerCount };
  }

  #publish({ exchange, key, body, mandatory, properties }: Publication): Promise<AmqpAnswer> {
    const options: Options.Publish = { ...properties, mandatory };
    const content = Buffer.from(body);
    const channel = this.#channel;
    if (!("waitForConfirms" in channel)) {
      channel.publish(exchange, key, content, options);
      return Promise.resolve({ outcome: "sent" });
    }
    return new Promise((resolve, reject) => {
      channel.publish(exchange, key, content, options, (error: unknown) => {
        if (error === null) resolve({ outcome: "confirmed" });
        else if (String(error).includes("nacked")) resolve({ outcome: "rejected" });
        else reject(error);
      });
    });
  }

  #take(tag: string, message: Message | null): void {
    if (message === null) this.#emit({ event: "cancelled", tag });
    else this.#emit({ event: "message", tag, ...toDelivery(message) });
  }
}

/** amqplib looks at nothing else of a message that it acknowledges. */
function messageWith(deliveryTag: number): Message {
  return { fields: { deliveryTag } } as unknown as Message;
}

function toDelivery({ content, fields, properties }: Message): DrivenDelivery {
  const present = Object.entries(properties).filter(([, value]) => value !== undefined);
  return {
    body: content.toString(),
    exchange: fields.exchange,
    key: fields.routingKey,
    deliveryTag: fields.deliveryTag,
    redelivered: fields.redelivered,
    properties: Object.fromEntries(present) as DrivenProperties,
  };
}

function codeOf(error: unknown): number | undefined {
  const isNamed = error instanceof Error && "code" in error && typeof error.code === "number";
  return isNamed ? (error.code as number) : codeInText(error);
}
