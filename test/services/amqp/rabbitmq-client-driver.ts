import { type Channel, Connection, type ReturnedMessage } from "rabbitmq-client";
import type {
  AmqpAnswer,
  AmqpCommand,
  AmqpDriver,
  DrivenDelivery,
  DrivenProperties,
  OpenCommand,
  Publication,
} from "../../support/services/amqp-driver.ts";
import { type Emit, type InProcessClient, InProcessDriver } from "./in-process-driver.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** The library has names where the protocol has numbers. */
const CODES: Readonly<Record<string, number>> = {
  ACCESS_REFUSED: 403,
  NOT_FOUND: 404,
  RESOURCE_LOCKED: 405,
  PRECONDITION_FAILED: 406,
  NOT_ALLOWED: 530,
};

/** Starts nothing: rabbitmq-client runs in the process of the tests. */
export function startRabbitmqClient(): AmqpDriver {
  return new InProcessDriver(RabbitmqClient.open, codeOf);
}

class RabbitmqClient implements InProcessClient {
  #refusal: number | undefined;
  readonly #connection: Connection;
  readonly #channel: Channel;
  readonly #emit: Emit;
  readonly #confirms: boolean;

  private constructor(connection: Connection, channel: Channel, confirms: boolean, emit: Emit) {
    this.#connection = connection;
    this.#channel = channel;
    this.#confirms = confirms;
    this.#emit = emit;
    connection.on("error", () => emit({ event: "disconnected" }));
    channel.on("error", (error) => {
      this.#refusal = codeOf(error);
    });
    channel.on("basic.cancel", (tag) => emit({ event: "cancelled", tag }));
    channel.on("basic.return", ({ replyCode, body }: ReturnedMessage) =>
      emit({ event: "returned", code: replyCode, body: String(body) }),
    );
  }

  static async open(command: OpenCommand, emit: Emit): Promise<RabbitmqClient> {
    const { port, user, password, virtualHost, heartbeat, confirms } = command;
    const connection = new Connection({
      hostname: "127.0.0.1",
      port,
      username: user,
      password,
      vhost: virtualHost,
      heartbeat,
      retryLow: 50,
    });
    await connected(connection);
    const channel = await connection.acquire({ emitErrorsFromChannel: true });
    if (confirms) await channel.confirmSelect();
    return new RabbitmqClient(connection, channel, confirms, emit);
  }

  refusalOf(error: unknown): number | undefined {
    return this.#refusal ?? codeOf(error);
  }

  async do(command: Exclude<AmqpCommand, OpenCommand>): Promise<AmqpAnswer> {
    const channel = this.#channel;
    switch (command.command) {
      case "declareExchange": {
        const { exchange, type, durable, arguments: fields } = command;
        await channel.exchangeDeclare({ exchange, type, durable, arguments: fields });
        return {};
      }
      case "declareQueue": {
        const { command: _name, ...declaration } = command;
        const { queue, messageCount, consumerCount } = await channel.queueDeclare(declaration);
        return { queue, messages: messageCount, consumers: consumerCount };
      }
      case "bind": {
        const { queue, exchange, key: routingKey, arguments: fields } = command;
        await channel.queueBind({ queue, exchange, routingKey, arguments: fields });
        return {};
      }
      case "publish":
        return this.#publish(command);
      case "consume": {
        const { queue, tag, noAck, exclusive, arguments: fields } = command;
        await channel.basicConsume(
          { queue, consumerTag: tag, noAck, exclusive, arguments: fields },
          (message) => this.#emit({ event: "message", tag, ...toDelivery(message) }),
        );
        return {};
      }
      case "cancel":
        await channel.basicCancel(command.tag);
        return {};
      case "get": {
        const message = await channel.basicGet({ queue: command.queue });
        return { message: message === undefined ? null : toDelivery(message) };
      }
      case "ack":
        channel.basicAck({ deliveryTag: command.deliveryTag, multiple: command.multiple });
        return {};
      case "nack":
        channel.basicNack({ deliveryTag: command.deliveryTag, requeue: command.requeue });
        return {};
      case "prefetch":
        await channel.basicQos({ prefetchCount: command.count });
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
    this.#connection.removeAllListeners("error");
    this.#connection.on("error", () => {}); // it is being given up
    await this.#channel.close().catch(() => {}); // close() of the connection waits for it
    if (this.#connection.ready) await this.#connection.close();
    else this.#connection.unsafeDestroy();
  }

  async #publish({ exchange, key, body, mandatory, properties }: Publication): Promise<AmqpAnswer> {
    const { deliveryMode, ...others } = properties;
    const envelope = { exchange, routingKey: key, mandatory, durable: deliveryMode === 2, ...others };
    try {
      await this.#channel.basicPublish(envelope, Buffer.from(body));
      return { outcome: this.#confirms ? "confirmed" : "sent" };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "NACK") return { outcome: "rejected" };
      throw error;
    }
  }
}

/** The library would go on trying after a refusal: the first error ends it. */
async function connected(connection: Connection): Promise<void> {
  const refused = new Promise<never>((_resolve, reject) => {
    connection.once("error", (error) => {
      connection.unsafeDestroy();
      reject(error);
    });
  });
  await Promise.race([connection.onConnect(CONNECT_TIMEOUT_MS), refused]);
}

interface Envelope {
  readonly body: unknown;
  readonly exchange: string;
  readonly routingKey: string;
  readonly deliveryTag: number;
  readonly redelivered: boolean;
  readonly durable?: boolean;
}

function toDelivery({
  body,
  exchange,
  routingKey,
  deliveryTag,
  redelivered,
  durable,
  ...others
}: Envelope): DrivenDelivery {
  const properties: DrivenProperties = { ...others, deliveryMode: durable ? 2 : 1 };
  return { body: String(body), exchange, key: routingKey, deliveryTag, redelivered, properties };
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error ? CODES[String(error.code)] : undefined;
}
