import type {
  ClientDriver,
  ConnectCommand,
  DrivenMessage,
  DriverAnswer,
  DriverEvent,
  MessageProperties,
  SubscribeOptions,
} from "../../support/services/client-driver.ts";

const WAIT_MS = 10_000;
const CONNECT_ATTEMPTS = 3;

/** What connects a client; the rest has defaults. */
export type ClientOptions = Partial<Omit<ConnectCommand, "command">> &
  Pick<ConnectCommand, "version" | "port">;

export interface PublishOptions extends MessageProperties {
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
}

/** One client of a driver, with what it received. */
export class InteropClient {
  readonly received: DrivenMessage[] = [];
  readonly #driver: ClientDriver;
  readonly #name: string;
  readonly #connect: ConnectCommand;
  #disconnections: (number | null)[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(driver: ClientDriver, name: string, options: ClientOptions) {
    this.#driver = driver;
    this.#name = name;
    this.#connect = {
      command: "connect",
      clientId: name,
      transport: "tcp",
      host: "127.0.0.1",
      path: "/mqtt",
      cleanStart: true,
      sessionExpiryInterval: 0,
      keepAlive: 20,
      ...options,
    };
    driver.onEvent((event) => {
      if (event.client === name) this.#take(event);
    });
  }

  get clientId(): string {
    return this.#connect.clientId;
  }

  /** Connects, or connects again with what the library remembers. */
  async connect(): Promise<DriverAnswer> {
    const connack = await this.#driver.request(this.#name, this.#connect);
    this.#disconnections = [];
    return connack;
  }

  /**
   * Connects in several attempts, as applications do. Paho for Java needs them: now and then it sends no CONNECT, until
   * the broker closes the connection; often after the network failed with an acknowledgement left over.
   */
  async reconnect(): Promise<DriverAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.connect();
      } catch (error) {
        if (attempt === CONNECT_ATTEMPTS) throw error;
      }
    }
  }

  async subscribe(topicFilter: string, options: Partial<SubscribeOptions> = {}): Promise<number | undefined> {
    const answer = await this.#driver.request(this.#name, {
      command: "subscribe",
      topicFilter,
      qos: 0,
      ...options,
    });
    return answer.reasonCode;
  }

  /** Resolves to the reason code of the acknowledgement. */
  async publish(
    topicName: string,
    payload: string,
    options: PublishOptions = {},
  ): Promise<number | undefined> {
    const answer = await this.#driver.request(this.#name, {
      command: "publish",
      topicName,
      payload,
      qos: 0,
      retain: false,
      ...options,
    });
    return answer.reasonCode;
  }

  async disconnect(): Promise<void> {
    await this.#driver.request(this.#name, { command: "disconnect" });
  }

  /** Resolves once the library has taken all messages so far, acknowledged or not. */
  async allTaken(): Promise<void> {
    await this.#driver.request(this.#name, { command: "sync" });
  }

  /** Resolves to all messages once there are `count` of them. */
  async waitForMessages(count: number): Promise<DrivenMessage[]> {
    await this.#waitUntil(() => this.received.length >= count, `${count} messages`);
    return this.received;
  }

  /** Resolves when each of these payloads has come, in any order. */
  async waitForPayloads(expected: readonly string[]): Promise<void> {
    const isThere = (): boolean => {
      const payloads = new Set(this.received.map(({ payload }) => payload));
      return expected.every((payload) => payloads.has(payload));
    };
    await this.#waitUntil(isThere, `${expected.length} payloads`);
  }

  /** The payloads that came before this one, once it has come. */
  async payloadsBefore(last: string): Promise<string[]> {
    const payloads = (): string[] => this.received.map(({ payload }) => payload);
    await this.#waitUntil(() => payloads().includes(last), JSON.stringify(last));
    return payloads().slice(0, payloads().indexOf(last));
  }

  /** Resolves when the connection has ended, to the broker's reason code if there is one. */
  async waitForDisconnection(): Promise<number | null> {
    await this.#waitUntil(() => this.#disconnections.length > 0, "end of its connection");
    return this.#disconnections[0] ?? null;
  }

  #take(event: DriverEvent): void {
    if (event.event === "message") this.received.push(event);
    else this.#disconnections.push(event.reasonCode ?? null);
    for (const check of this.#waiting) check();
  }

  #waitUntil(isDone: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (isDone()) end(resolve);
      };
      const fail = (): void =>
        end(() => reject(new Error(`${this.#name}: no ${what}, but ${this.received.length} messages`)));
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
}
