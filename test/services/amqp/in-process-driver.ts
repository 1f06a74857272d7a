import type {
  AmqpAnswer,
  AmqpCommand,
  AmqpDriver,
  AmqpEvent,
  OpenCommand,
} from "../../support/services/amqp-driver.ts";
import { DriverError } from "../../support/services/line-driver.ts";

type WithoutClient<E> = E extends unknown ? Omit<E, "client"> : never;

/** Tells what came to a client. */
export type Emit = (event: WithoutClient<AmqpEvent>) => void;

/** One connection of a library for Node. */
export interface InProcessClient {
  do(command: Exclude<AmqpCommand, OpenCommand>): Promise<AmqpAnswer>;
  /** The code for which the server closed channel or connection, when a command failed with `error`. */
  refusalOf(error: unknown): number | undefined;
  /** Never rejects, whatever has become of the connection. */
  close(): Promise<void>;
}

type Open = (command: OpenCommand, emit: Emit) => Promise<InProcessClient>;

/** Drives a library that runs in the process of the tests. */
export class InProcessDriver implements AmqpDriver {
  readonly #open: Open;
  readonly #codeOf: (error: unknown) => number | undefined;
  readonly #clients = new Map<string, InProcessClient>();
  readonly #listeners: ((event: AmqpEvent) => void)[] = [];

  constructor(open: Open, codeOf: (error: unknown) => number | undefined) {
    this.#open = open;
    this.#codeOf = codeOf;
  }

  async request(name: string, command: AmqpCommand): Promise<AmqpAnswer> {
    if (command.command === "open") {
      await this.#connect(name, command);
      return {};
    }
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`there is no client ${name}`);
    try {
      return await client.do(command);
    } catch (error) {
      throw new DriverError(String(error), client.refusalOf(error));
    }
  }

  onEvent(listener: (event: AmqpEvent) => void): void {
    this.#listeners.push(listener);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  async #connect(name: string, command: OpenCommand): Promise<void> {
    await this.#clients.get(name)?.close();
    const emit: Emit = (event) => {
      for (const listener of this.#listeners) listener({ ...event, client: name } as AmqpEvent);
    };
    try {
      this.#clients.set(name, await this.#open(command, emit));
    } catch (error) {
      throw new DriverError(String(error), this.#codeOf(error));
    }
  }
}

/** The code within the text of an error, for libraries that name it nowhere else. */
export function codeInText(error: unknown): number | undefined {
  const [, code] = /\b([345]\d\d)\b/.exec(String(error)) ?? [];
  return code === undefined ? undefined : Number(code);
}
