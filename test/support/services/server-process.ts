import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

const KEPT_OUTPUT = 256 * 1024;
const POLL_MS = 40;

/** What to run; `env` is added to the environment of the test process. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/**
 * A server that a test runs, in a process group of its own.
 * It never outlives the test process: a watchdog kills the group when the pipe to the test process closes, however
 * that process ended.
 */
export class ServerProcess {
  /** The exit code, or null when a signal ended the process. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #name: string;
  #output = "";
  #isRunning = true;

  constructor({ command, args, env, cwd }: ServerCommand) {
    this.#name = command;
    this.#child = spawn(command, args, {
      detached: true,
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#keep(chunk));
    this.#child.stderr?.on("data", (chunk: Buffer) => this.#keep(chunk));
    this.exited = this.#watch();
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Standard output and standard error as they came, the last 256 KiB of them. */
  output(): string {
    return this.#output;
  }

  /** SIGKILL to the process and everything it started. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.exited;
  }

  /** SIGSTOP to the process and everything it started: connections stay, nothing is answered. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  /** SIGCONT after `pause`. */
  resume(): void {
    this.#signal("SIGCONT");
  }

  /** SIGTERM, then SIGKILL when the process is still there after `patienceMs`; resolves to the exit code. */
  async stop(patienceMs = 10_000): Promise<number | null> {
    this.#signal("SIGTERM");
    const patience = setTimeout(() => this.#signal("SIGKILL"), patienceMs);
    const code = await this.exited;
    clearTimeout(patience);
    return code;
  }

  /** Resolves once `probe` answers true; fails with the output when the process ends or `timeoutMs` passes first. */
  async waitUntil(what: string, probe: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await probe())) {
      if (!this.#isRunning) throw new Error(`${this.#name} ended before it was ${what}:\n${this.#output}`);
      if (Date.now() > deadline) {
        throw new Error(`${this.#name} is not ${what} after ${timeoutMs} ms:\n${this.#output}`);
      }
      await delay(POLL_MS);
    }
  }

  #keep(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString("utf8")).slice(-KEPT_OUTPUT);
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#isRunning || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended this moment; `exited` is about to resolve.
    }
  }

  #watch(): Promise<number | null> {
    const watchdog = this.#child.pid === undefined ? undefined : startWatchdog(this.#child.pid);
    return new Promise((resolve) => {
      const end = (code: number | null): void => {
        this.#isRunning = false;
        watchdog?.kill("SIGKILL");
        resolve(code);
      };
      // "close" comes after the last output; a process that never started has only "error".
      this.#child.once("close", end);
      this.#child.once("error", (error) => {
        this.#output += `${error.message}\n`;
        end(null);
      });
    });
  }
}

function startWatchdog(pid: number): ChildProcess {
  const watchdog = spawn("sh", ["-c", 'cat; kill -9 "-$1"', "watchdog", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.unref();
  const { stdin } = watchdog;
  stdin?.on("error", () => {});
  if (stdin !== null && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  return watchdog;
}
