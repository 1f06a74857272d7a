import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./services/server-process.ts";

const MAIN = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const READY_LINE = /^ready$|^\{.*"msg":"ready".*\}$/m;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const DEFAULT_LISTENERS: readonly Listener[] = [
  { type: "tcp" },
  { type: "ws", path: "/mqtt" },
  { type: "admin" },
];

/** What a test says about the broker it wants. */
export interface BrokerOptions {
  /**
   * The configuration, as an object or as YAML. `data` defaults to a temporary folder, `listeners` to tcp, ws and
   * admin; a listener without `bind`, or with port 0, gets a free loopback port.
   */
  readonly config?: object | string;
  /** A data folder that outlives this broker; it takes the place of `data` and is not removed. */
  readonly dataFolder?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Arguments after `--config FILE`. */
  readonly args?: readonly string[];
  /** The script to run, for tests of this helper; the built broker otherwise. */
  readonly script?: string;
}

/** The broker as its users run it: a process of its own, from dist. */
export interface BrokerProcess {
  readonly tcpPort: number;
  readonly wsPort: number;
  readonly adminPort: number;
  readonly dataFolder: string;
  /** The port of the first listener of a type. */
  portOf(type: string): number;
  readonly pid: number;
  /** What the broker wrote since its last start. */
  output(): string;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code, or to -1 when a signal ended the broker. The data stays. */
  stop(): Promise<number>;
  /** Starts again with the same configuration, ports and data, after killing the broker when it runs. */
  restart(): Promise<void>;
  /** Kills the broker and removes the temporary files. */
  dispose(): Promise<void>;
}

interface Listener {
  readonly type: string;
  readonly bind?: string;
  readonly [key: string]: unknown;
}

interface BrokerConfig {
  readonly data: string;
  readonly listeners: readonly Listener[];
}

/** Starts the built broker; resolves when it has printed `ready`. */
export async function startBroker(options: BrokerOptions = {}): Promise<BrokerProcess> {
  const script = options.script ?? MAIN;
  if (!existsSync(script)) throw new Error(`${script} is missing: build it first (npm run build)`);
  const folder = await mkdtemp(join(tmpdir(), "causeway-broker-"));
  const config = await completeConfig(options, join(folder, "data"));
  const configPath = join(folder, "broker.yaml");
  await writeFile(configPath, stringify(config));
  const launch = (): Promise<ServerProcess> => launchBroker(script, configPath, options);
  let broker = await launch().catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });

  const portOf = (type: string): number => findPort(config, type);
  return {
    get tcpPort() {
      return portOf("tcp");
    },
    get wsPort() {
      return portOf("ws");
    },
    get adminPort() {
      return portOf("admin");
    },
    get pid() {
      return broker.pid;
    },
    dataFolder: config.data,
    portOf,
    output: () => broker.output(),
    kill: () => broker.kill(),
    stop: async () => (await broker.stop(STOP_TIMEOUT_MS)) ?? -1,
    async restart() {
      await broker.kill();
      broker = await launch();
    },
    async dispose() {
      await broker.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launchBroker(
  script: string,
  configPath: string,
  options: BrokerOptions,
): Promise<ServerProcess> {
  const broker = new ServerProcess({
    command: process.execPath,
    args: [script, "--config", configPath, ...(options.args ?? [])],
    env: { NO_COLOR: "1", ...options.env },
  });
  try {
    await broker.waitUntil("ready", () => READY_LINE.test(broker.output()), START_TIMEOUT_MS);
  } catch (error) {
    await broker.kill();
    throw error;
  }
  return broker;
}

async function completeConfig(options: BrokerOptions, defaultData: string): Promise<BrokerConfig> {
  const { config = {} } = options;
  const given = typeof config === "string" ? parse(config) : config;
  const data = options.dataFolder ?? given.data ?? defaultData;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const listeners: Listener[] = [];
  for (const listener of given.listeners ?? DEFAULT_LISTENERS) listeners.push(await withPort(listener));
  return { ...given, data, listeners };
}

async function withPort(listener: Listener): Promise<Listener> {
  const { type, bind = "127.0.0.1:0" } = listener;
  if (type === "unix" || !bind.endsWith(":0")) return listener;
  return { ...listener, bind: `${bind.slice(0, -2)}:${await freePort()}` };
}

function findPort(config: BrokerConfig, type: string): number {
  const bind = config.listeners.find((listener) => listener.type === type)?.bind;
  if (bind === undefined) throw new Error(`the broker has no listener of type ${type}`);
  return Number(bind.slice(bind.lastIndexOf(":") + 1));
}
