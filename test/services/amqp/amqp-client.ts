import type {
  AmqpAnswer,
  AmqpCommand,
  AmqpDriver,
  AmqpEvent,
  Binding,
  Consumption,
  DeclareExchange,
  DeclareQueue,
  DrivenDelivery,
  DrivenProperties,
  OpenCommand,
  Publication,
} from "../../support/services/amqp-driver.ts";

const WAIT_MS = 15_000;

type Returned = Extract<AmqpEvent, { event: "returned" }>;

/** One connection with one channel of a driver, and what came to it. */
export class AmqpClient {
  readonly received: DrivenDelivery[] = [];
  readonly returned: Returned[] = [];
  /** Tags of consumers that the server ended. */
  readonly cancelled: string[] = [];
  readonly #driver: AmqpDriver;
  readonly #name: string;
  readonly #open: OpenCommand;
  #isDisconnected = false;
  readonly #waiting = new Set<() => void>();

  constructor(driver: AmqpDriver, name: string, options: Partial<OpenCommand> & Pick<OpenCommand, "port">) {
    this.#driver = driver;
    this.#name = name;
    this.#open = {
      command: "open",
      user: "guest",
      password: "guest",
      virtualHost: "/",
      heartbeat: 20,
      confirms: false,
      recovers: false,
      ...options,
    };
    driver.onEvent((event) => {
      if (event.client === name) this.#take(event);
    });
  }

  /** Connects and opens the channel; what was open before is given up. */
  async open(): Promise<void> {
    this.#isDisconnected = false;
    await this.#request(this.#open);
  }

  async close(): Promise<void> {
    await this.#request({ command: "close" });
  }

  async declareExchange(
    exchange: string,
    type: DeclareExchange["type"],
    options: Partial<DeclareExchange> = {},
  ): Promise<void> {
    const defaults = { durable: false, arguments: {} };
    await this.#request({ command: "declareExchange", ...defaults, exchange, type, ...options });
  }

  /** Resolves to the name. */
  async declareQueue(queue: string, options: Partial<DeclareQueue> = {}): Promise<string> {
    return (await this.#declare(queue, options)).queue ?? "";
  }

  /** What a passive declaration tells of a queue. */
  async countOf(queue: string): Promise<{ messages: number; consumers: number }> {
    const { messages = -1, consumers = -1 } = await this.#declare(queue, { passive: true });
    return { messages, consumers };
  }

  /** A queue of this connection alone that the server names. */
  async ownQueue(): Promise<string> {
    return this.declareQueue("", { exclusive: true, autoDelete: true });
  }

  async bind(queue: string, exchange: string, key = "", fields: Binding["arguments"] = {}): Promise<void> {
    await this.#request({ command: "bind", queue, exchange, key, arguments: fields });
  }

  async publish(
    exchange: string,
    key: string,
    body: string,
    options: DrivenProperties & Partial<Pick<Publication, "mandatory">> = {},
  ): Promise<AmqpAnswer["outcome"]> {
    const { mandatory = false, ...properties } = options;
    const answer = await this.#request({ command: "publish", exchange, key, body, mandatory, properties });
    return answer.outcome;
  }

  /** To a queue, by way of the default exchange. */
  send(queue: string, body: string, properties: DrivenProperties = {}): Promise<AmqpAnswer["outcome"]> {
    return this.publish("", queue, body, properties);
  }

  async consume(queue: string, options: Partial<Consumption> = {}): Promise<void> {
    const defaults = {
      tag: `${this.#name}-${queue}`.slice(0, 200),
      noAck: false,
      exclusive: false,
      arguments: {},
    };
    await this.#request({ command: "consume", ...defaults, queue, ...options });
  }

  async cancel(tag: string): Promise<void> {
    await this.#request({ command: "cancel", tag });
  }

  async get(queue: string): Promise<DrivenDelivery | null> {
    return (await this.#request({ command: "get", queue })).message ?? null;
  }

  async ack({ deliveryTag }: DrivenDelivery, multiple = false): Promise<void> {
    await this.#request({ command: "ack", deliveryTag, multiple });
  }

  async nack({ deliveryTag }: DrivenDelivery, requeue: boolean): Promise<void> {
    await this.#request({ command: "nack", deliveryTag, requeue });
  }

  async prefetch(count: number): Promise<void> {
    await this.#request({ command: "prefetch", count });
  }

  async deleteQueue(queue: string): Promise<void> {
    await this.#request({ command: "deleteQueue", queue });
  }

  async purge(queue: string): Promise<number> {
    return (await this.#request({ command: "purge", queue })).messages ?? -1;
  }

  bodies(): string[] {
    return this.received.map(({ body }) => body);
  }

  /** Resolves to all messages once there are `count` of them. */
  async waitForMessages(count: number): Promise<DrivenDelivery[]> {
    await this.waitUntil(() => this.received.length >= count, `${count} messages`);
    return this.received;
  }

  async waitForDisconnection(): Promise<void> {
    await this.waitUntil(() => this.#isDisconnected, "end of its connection");
  }

  /** Resolves once something that came made `isDone` true. */
  waitUntil(isDone: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (isDone()) end(resolve);
      };
      const fail = (): void =>
        end(() => reject(new Error(`${this.#name}: no ${what}, but ${JSON.stringify(this.bodies())}`)));
      const timeout = setTimeout(fail, WAIT_MS);
      const end = (settle: () => void): void => {
        clearTimeout(timeout);
        this.#waiting.delete(check);
        settle();
      };
      this.#waiting.add(check);
      check();
    });
  }

  #declare(queue: string, options: Partial<DeclareQueue>): Promise<AmqpAnswer> {
    const defaults = { passive: false, durable: false, exclusive: false, autoDelete: false, arguments: {} };
    return this.#request({ command: "declareQueue", ...defaults, queue, ...options });
  }

  #request(command: AmqpCommand): Promise<AmqpAnswer> {
    return this.#driver.request(this.#name, command);
  }

  #take(event: AmqpEvent): void {
    if (event.event === "message") this.received.push(event);
    else if (event.event === "returned") this.returned.push(event);
    else if (event.event === "cancelled") this.cancelled.push(event.tag);
    else this.#isDisconnected = true;
    for (const check of this.#waiting) check();
  }
}
