import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { freePorts } from "../../support/free-port.ts";
import { ServerProcess } from "../../support/services/server-process.ts";

const MAIN = fileURLToPath(new URL("../../../dist/src/main.js", import.meta.url));
const READY_LINE = /^ready$|^\{.*"msg":"ready".*\}$/m;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

export interface KillableOptions {
  /** Sections beside `data` and `listeners`. */
  readonly config?: object;
  /** A data folder of the test's own; by default one that `dispose` removes. */
  readonly dataFolder?: string;
}

/** The built broker on one folder and fixed ports, started, killed and started again, ready or not. */
export class KillableBroker {
  readonly tcpPort: number;
  readonly adminPort: number;
  readonly amqpPort: number;
  readonly dataFolder: string;
  readonly #folder: string;
  #process: ServerProcess | undefined;
  #output = "";

  static async create({ config = {}, dataFolder }: KillableOptions = {}): Promise<KillableBroker> {
    const folder = await mkdtemp(join(tmpdir(), "causeway-faults-"));
    const data = dataFolder ?? join(folder, "data");
    await mkdir(data, { recursive: true });
    const [tcpPort, adminPort, amqpPort] = (await freePorts(3)) as [number, number, number];
    const listeners = [
      { type: "tcp", bind: `127.0.0.1:${tcpPort}` },
      { type: "admin", bind: `127.0.0.1:${adminPort}` },
      { type: "amqp", bind: `127.0.0.1:${amqpPort}` },
    ];
    await writeFile(join(folder, "broker.yaml"), stringify({ ...config, data, listeners }));
    return new KillableBroker(folder, data, { tcpPort, adminPort, amqpPort });
  }

  constructor(
    folder: string,
    dataFolder: string,
    { tcpPort, adminPort, amqpPort }: Pick<KillableBroker, "tcpPort" | "adminPort" | "amqpPort">,
  ) {
    this.#folder = folder;
    this.dataFolder = dataFolder;
    this.tcpPort = tcpPort;
    this.adminPort = adminPort;
    this.amqpPort = amqpPort;
  }

  /** Starts the process and does not wait for it. `modules` are loaded before the broker. */
  launch(env: NodeJS.ProcessEnv = {}, modules: readonly URL[] = []): ServerProcess {
    this.#output += this.#process?.output() ?? "";
    const imports = modules.flatMap((url) => ["--import", url.href]);
    this.#process = new ServerProcess({
      command: process.execPath,
      args: [...imports, MAIN, "--config", join(this.#folder, "broker.yaml")],
      env: { NO_COLOR: "1", ...env },
    });
    return this.#process;
  }

  /** Starts the process and waits until it serves. */
  async start(env: NodeJS.ProcessEnv = {}, modules: readonly URL[] = []): Promise<void> {
    this.launch(env, modules);
    await this.ready();
  }

  async ready(): Promise<void> {
    const broker = this.#running();
    await broker.waitUntil("ready", () => READY_LINE.test(broker.output()), START_TIMEOUT_MS);
  }

  /** Resolves to the exit code, or to null when a signal ended the process. */
  get exited(): Promise<number | null> {
    return this.#running().exited;
  }

  /** SIGKILL; the data stays. */
  async kill(): Promise<void> {
    await this.#running().kill();
  }

  /** SIGTERM; resolves to the exit code. */
  async stop(): Promise<number | null> {
    return this.#running().stop(STOP_TIMEOUT_MS);
  }

  /** What all processes wrote. */
  output(): string {
    return this.#output + (this.#process?.output() ?? "");
  }

  /** The lines that all processes logged at this level. */
  logged(level: "warn" | "error" | "fatal"): string[] {
    return this.output()
      .split("\n")
      .filter((line) => line.includes(`"level":"${level}"`));
  }

  async dispose(): Promise<void> {
    await this.#process?.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #running(): ServerProcess {
    if (this.#process === undefined) throw new Error("the broker was not launched");
    return this.#process;
  }
}
