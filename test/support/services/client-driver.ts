import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const KEPT_ERRORS = 16 * 1024;
const END_TIMEOUT_MS = 5000;

/** What a message carries besides its payload; all but the last need MQTT 5, the last is only ever received. */
export interface MessageProperties {
  readonly contentType?: string | null;
  readonly responseTopic?: string | null;
  readonly correlationData?: string | null;
  /** Seconds. */
  readonly messageExpiryInterval?: number | null;
  readonly userProperties?: readonly (readonly [string, string])[];
  readonly subscriptionIdentifiers?: readonly number[];
}

/** A message to publish, and as it was received. */
export interface DrivenMessage extends MessageProperties {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** `delayInterval` is in seconds and for MQTT 5. */
export interface DrivenWill extends DrivenMessage {
  readonly delayInterval?: number;
}

/** How a client finds the broker. */
export interface DrivenAddress {
  readonly transport: "tcp" | "tls" | "ws" | "wss";
  readonly host: string;
  readonly port: number;
  /** Of the WebSocket. */
  readonly path: string;
  /** File of the certificate authority to trust. */
  readonly ca?: string;
}

/** The first `connect` under a name makes the client, later ones use it again. */
export interface ConnectCommand extends DrivenAddress {
  readonly command: "connect";
  readonly version: 4 | 5;
  readonly clientId: string;
  /** `cleanSession` in MQTT 3.1.1. */
  readonly cleanStart: boolean;
  /** Seconds; for MQTT 5. */
  readonly sessionExpiryInterval: number;
  /** Seconds. */
  readonly keepAlive: number;
  readonly will?: DrivenWill;
}

/** All but the first two need MQTT 5. */
export interface SubscribeOptions {
  readonly topicFilter: string;
  readonly qos: 0 | 1 | 2;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: 0 | 1 | 2;
  readonly subscriptionIdentifier?: number;
}

/**
 * What a driver understands. Commands are handed to the library one after the other; a publish is answered when it is
 * acknowledged, `sync` when the library has taken all that came before.
 */
export type DriverCommand =
  | ConnectCommand
  | ({ readonly command: "subscribe" } & SubscribeOptions)
  | ({ readonly command: "publish" } & DrivenMessage)
  | { readonly command: "disconnect" }
  | { readonly command: "sync" };

/** Fields that a version or a library does not have are missing or null. */
export interface DriverAnswer {
  readonly reasonCode?: number;
  readonly sessionPresent?: boolean;
  readonly assignedClientId?: string | null;
  readonly serverKeepAlive?: number | null;
}

export type DriverEvent =
  | ({ readonly event: "message"; readonly client: string } & DrivenMessage)
  /** `reasonCode`: of the broker's DISCONNECT, when one came and the library shows it. */
  | { readonly event: "disconnected"; readonly client: string; readonly reasonCode?: number | null };

/** A client library that does what it is told, for any number of clients, each with a name. */
export interface ClientDriver {
  request(client: string, command: DriverCommand): Promise<DriverAnswer>;
  onEvent(listener: (event: DriverEvent) => void): void;
  dispose(): Promise<void>;
}

interface Pending {
  readonly resolve: (answer: DriverAnswer) => void;
  readonly reject: (error: Error) => void;
}

type DriverLine = DriverEvent | ({ readonly id: number; readonly error?: string } & DriverAnswer);

/** Starts a driver program. It ends with its standard input, so it never outlives the test process. */
export function startClientDriver(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ClientDriver {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  return new ProcessDriver(child, child.stdin, child.stdout, child.stderr);
}

class ProcessDriver implements ClientDriver {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #ended: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners: ((event: DriverEvent) => void)[] = [];
  #lastId = 0;
  #errors = "";

  constructor(child: ChildProcess, input: Writable, output: Readable, errors: Readable) {
    this.#child = child;
    this.#input = input;
    input.on("error", () => {}); // the end of the process says it all
    createInterface({ input: output }).on("line", (line) => this.#read(JSON.parse(line)));
    errors.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString("utf8")).slice(-KEPT_ERRORS);
    });
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        for (const { reject } of this.#pending.values())
          reject(new Error(`the driver ended: ${this.#errors}`));
        this.#pending.clear();
        resolve();
      };
      child.once("error", (error) => {
        this.#errors += error.message;
        end();
      });
      child.once("close", end);
    });
  }

  request(client: string, command: DriverCommand): Promise<DriverAnswer> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#input.write(`${JSON.stringify({ id, client, ...command })}\n`);
    });
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listeners.push(listener);
  }

  async dispose(): Promise<void> {
    this.#input.end();
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  #read(line: DriverLine): void {
    if ("event" in line) {
      for (const listener of this.#listeners) listener(line);
      return;
    }
    const pending = this.#pending.get(line.id);
    this.#pending.delete(line.id);
    if (line.error === undefined) pending?.resolve(line);
    else pending?.reject(new Error(line.error));
  }
}
