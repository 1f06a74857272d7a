import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "../free-port.ts";
import { isListening } from "./probe.ts";
import { ServerProcess } from "./server-process.ts";
import { findProgram } from "./services.ts";

const START_TIMEOUT_MS = 60_000;
const PROTOCOL_HEADER = Buffer.from("AMQP\x00\x00\x09\x01", "latin1");
// Debian's wrapper in /usr/sbin changes to the user rabbitmq; the script itself runs as whoever starts it.
const SERVER_SCRIPTS = ["/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/local/sbin/rabbitmq-server"];
const CONTROL_SCRIPTS = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "/usr/local/sbin/rabbitmqctl"];
const execFileAsync = promisify(execFile);

/** A real RabbitMQ with its own node name, port mapper (epmd), home and data, on loopback ports. */
export interface RabbitmqServer {
  /** `amqp://` with user, password and port. */
  readonly url: string;
  readonly port: number;
  /** What the server wrote since its last start. */
  output(): string;
  /**
   * Resolves when the queues, exchanges and bindings declared so far are on disk: RabbitMQ answers declare-ok while its
   * database (Mnesia) may hold them in memory for two seconds more, so that a kill soon after it loses a durable queue.
   */
  syncDefinitions(): Promise<void>;
  /** Orderly end; the data stays. */
  stop(): Promise<void>;
  /** SIGKILL of the Erlang virtual machine; the data stays. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered until `resume`. */
  pause(): void;
  resume(): void;
  /** Starts again on the same port and data, after stopping the server when it runs. */
  restart(): Promise<void>;
  /** Kills the server and its port mapper and removes the data. */
  dispose(): Promise<void>;
}

export interface RabbitmqOptions {
  /** Lines added to rabbitmq.conf, such as `vm_memory_high_watermark.absolute = 64MB`. */
  readonly configLines?: readonly string[];
  /** Plugins to enable, such as `rabbitmq_amqp1_0`; each makes the start slower. */
  readonly plugins?: readonly string[];
}

interface Ports {
  readonly amqp: number;
  readonly distribution: number;
  readonly portMapper: number;
}

/** Starts RabbitMQ; resolves when it answers an AMQP protocol header. */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-rabbitmq-"));
  const [amqp, distribution, portMapper] = (await freePorts(3)) as [number, number, number];
  const ports = { amqp, distribution, portMapper };
  const environment = environmentFor(folder, ports);
  await writeConfig(folder, ports, options);

  const mapper = new ServerProcess({
    command: "epmd",
    args: ["-port", String(portMapper), "-address", "127.0.0.1"],
  });
  await mapper.waitUntil("listening", () => isListening(portMapper), START_TIMEOUT_MS);
  let server = await launch(environment, amqp);

  return {
    url: `amqp://guest:guest@127.0.0.1:${amqp}`,
    port: amqp,
    output: () => server.output(),
    async syncDefinitions() {
      await execFileAsync(oneOf(CONTROL_SCRIPTS), ["eval", "ok = mnesia:sync_log()."], {
        env: { ...process.env, ...environment },
      });
    },
    kill: () => server.kill(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    async stop() {
      await server.stop();
    },
    async restart() {
      if (server.isRunning) await server.stop();
      server = await launch(environment, amqp);
    },
    async dispose() {
      await server.kill();
      await mapper.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(environment: NodeJS.ProcessEnv, port: number): Promise<ServerProcess> {
  const server = new ServerProcess({ command: oneOf(SERVER_SCRIPTS), args: [], env: environment });
  await server.waitUntil("ready", () => isListening(port, PROTOCOL_HEADER), START_TIMEOUT_MS);
  return server;
}

function oneOf(scripts: readonly string[]): string {
  const script = scripts.find((path) => findProgram(path) !== undefined);
  if (script === undefined) throw new Error(`none of ${scripts.join(", ")} is there`);
  return script;
}

function environmentFor(folder: string, ports: Ports): NodeJS.ProcessEnv {
  return {
    HOME: folder,
    RABBITMQ_NODENAME: `causeway${ports.amqp}@localhost`,
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_SCHEMA_DIR: join(folder, "schema"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "generated"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "rabbitmq-env.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(ports.portMapper),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2",
  };
}

async function writeConfig(folder: string, ports: Ports, options: RabbitmqOptions): Promise<void> {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    "log.console.level = warning",
    ...(options.configLines ?? []),
  ];
  await writeFile(join(folder, "rabbitmq.conf"), `${lines.join("\n")}\n`);
  await writeFile(join(folder, "rabbitmq-env.conf"), "");
  await writeFile(join(folder, "enabled_plugins"), `[${(options.plugins ?? []).join(",")}].\n`);
}
