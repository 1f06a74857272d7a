import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const KEPT_ERRORS = 16 * 1024;
const END_TIMEOUT_MS = 5000;

/** A client library that does what it is told, for any number of clients, each with a name. */
export interface LineDriver<Command, Answer, Event> {
  request(client: string, command: Command): Promise<Answer>;
  onEvent(listener: (event: Event) => void): void;
  dispose(): Promise<void>;
}

/** A command that failed, with the server's code when it named one. */
export class DriverError extends Error {
  readonly code: number | undefined;

  constructor(message: string, code: number | undefined) {
    super(message);
    this.code = code;
  }
}

interface Pending<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface AnswerLine {
  readonly id: number;
  readonly error?: string;
  readonly code?: number;
}

/**
 * Starts a driver program: commands are JSON lines on its standard input, answers (with the command's `id`) and events
 * (with `event`) JSON lines on its standard output. It ends with its standard input, so it never outlives the test process.
 */
export function startLineDriver<Command extends object, Answer, Event extends object>(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): LineDriver<Command, Answer, Event> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  return new ProcessDriver(child, child.stdin, child.stdout, child.stderr);
}

class ProcessDriver<Command extends object, Answer, Event extends object>
  implements LineDriver<Command, Answer, Event>
{
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #ended: Promise<void>;
  readonly #pending = new Map<number, Pending<Answer>>();
  readonly #listeners: ((event: Event) => void)[] = [];
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

  request(client: string, command: Command): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#input.write(`${JSON.stringify({ id, client, ...command })}\n`);
    });
  }

  onEvent(listener: (event: Event) => void): void {
    this.#listeners.push(listener);
  }

  async dispose(): Promise<void> {
    this.#input.end();
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  #read(line: Event | (Answer & AnswerLine)): void {
    if ("event" in line) {
      for (const listener of this.#listeners) listener(line as Event);
      return;
    }
    const answer = line as Answer & AnswerLine;
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.error === undefined) pending?.resolve(answer);
    else pending?.reject(new DriverError(answer.error, answer.code));
  }
}
