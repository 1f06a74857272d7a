import { AMQPClient } from "@cloudamqp/amqp-client";
import type { AMQPChannel } from "@cloudamqp/amqp-client/amqp-channel";
import type { AMQPMessage } from "@cloudamqp/amqp-client/amqp-message";
import type {
  AmqpAnswer,
  AmqpCommand,
  AmqpDriver,
  DeclareQueue,
  DrivenDelivery,
  OpenCommand,
  Publication,
} from "../../support/services/amqp-driver.ts";
import { codeInText, type Emit, type InProcessClient, InProcessDriver } from "./in-process-driver.ts";

/** Starts nothing: amqp-client.js runs in the process of the tests. */
export function startCloudAmqp(): AmqpDriver {
  return new InProcessDriver(CloudAmqpClient.open, codeInText);
}

class CloudAmqpClient implements InProcessClient {
  #refusal: number | undefined;
  readonly #connection: AMQPClient;
  readonly #channel: AMQPChannel;
  readonly #emit: Emit;
  readonly #confirms: boolean;

  private constructor(connection: AMQPClient, channel: AMQPChannel, confirms: boolean, emit: Emit) {
    this.#connection = connection;
    this.#channel = channel;
    this.#confirms = confirms;
    this.#emit = emit;
    connection.onerror = () => {};
    connection.ondisconnect = () => emit({ event: "disconnected" });
    channel.onerror = (reason) => {
      this.#refusal = codeInText(reason);
    };
    channel.onReturn = (message) =>
      emit({ event: "returned", code: message.replyCode ?? 0, body: message.bodyString() ?? "" });
  }

  static async open(command: OpenCommand, emit: Emit): Promise<CloudAmqpClient> {
    const { port, user, password, virtualHost, heartbeat, confirms } = command;
    const path = encodeURIComponent(virtualHost);
    const url = `amqp://${user}:${password}@127.0.0.1:${port}/${path}?heartbeat=${heartbeat}`;
    const connection = new AMQPClient(url, undefined, null);
    connection.onerror = () => {}; // the attempt is rejected with it
    await connection.connect();
    const channel = await connection.channel();
    if (confirms) await channel.confirmSelect();
    return new CloudAmqpClient(connection, channel, confirms, emit);
  }

  refusalOf(error: unknown): number | undefined {
    return this.#refusal ?? codeInText(error);
  }

  async do(command: Exclude<AmqpCommand, OpenCommand>): Promise<AmqpAnswer> {
    const channel = this.#channel;
    switch (command.command) {
      case "declareExchange": {
        const { exchange, type, durable, arguments: fields } = command;
        await channel.exchangeDeclare(exchange, type, { durable, autoDelete: false }, fields);
        return {};
      }
      case "declareQueue":
        return this.#declareQueue(command);
      case "bind":
        await channel.queueBind(command.queue, command.exchange, command.key, command.arguments);
        return {};
      case "publish":
        return this.#publish(command);
      case "consume": {
        const { queue, tag, noAck, exclusive, arguments: args } = command;
        const consumer = await channel.basicConsume(queue, { tag, noAck, exclusive, args }, (message) =>
          this.#emit({ event: "message", tag, ...toDelivery(message) }),
        );
        consumer.wait().catch((error: Error) => {
          if (error.message.includes("cancelled by the server")) this.#emit({ event: "cancelled", tag });
        });
        return {};
      }
      case "cancel":
        await channel.basicCancel(command.tag);
        return {};
      case "get": {
        const message = await channel.basicGet(command.queue, { noAck: false });
        return { message: message === null ? null : toDelivery(message) };
      }
      case "ack":
        await channel.basicAck(command.deliveryTag, command.multiple);
        return {};
      case "nack":
        await channel.basicNack(command.deliveryTag, command.requeue);
        return {};
      case "prefetch":
        await channel.basicQos(command.count);
        return {};
      case "deleteQueue":
        return { messages: (await channel.queueDelete(command.queue)).messageCount };
      case "purge":
        return { messages: (await channel.queuePurge(command.queue)).messageCount };
      case "close":
        await this.close();
        return {};
    }
  }

  async close(): Promise<void> {
    delete this.#connection.ondisconnect;
    await this.#connection.close().catch(() => {}); // it has ended already
  }

  async #declareQueue(command: DeclareQueue): Promise<AmqpAnswer> {
    const { queue, passive, durable, exclusive, autoDelete, arguments: fields } = command;
    const options = { passive, durable, exclusive, autoDelete };
    const { name, messageCount, consumerCount } = await this.#channel.queueDeclare(queue, options, fields);
    return { queue: name, messages: messageCount, consumers: consumerCount };
  }

  async #publish({ exchange, key, body, mandatory, properties }: Publication): Promise<AmqpAnswer> {
    const { timestamp, headers, ...others } = properties;
    const all = {
      ...others,
      ...(headers === undefined ? {} : { headers: { ...headers } as Record<string, object> }),
      ...(timestamp === undefined ? {} : { timestamp: new Date(timestamp * 1000) }),
    };
    try {
      await this.#channel.basicPublish(exchange, key, body, all, mandatory);
      return { outcome: this.#confirms ? "confirmed" : "sent" };
    } catch (error) {
      if (String(error).includes("rejected")) return { outcome: "rejected" };
      throw error;
    }
  }
}

function toDelivery(message: AMQPMessage): DrivenDelivery {
  const { timestamp, ...properties } = message.properties;
  return {
    body: message.bodyString() ?? "",
    exchange: message.exchange,
    key: message.routingKey,
    deliveryTag: message.deliveryTag,
    redelivered: message.redelivered,
    properties: {
      ...(properties as DrivenDelivery["properties"]),
      ...(timestamp === undefined ? {} : { timestamp: timestamp.getTime() / 1000 }),
    },
  };
}
