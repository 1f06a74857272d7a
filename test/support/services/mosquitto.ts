import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { isListening } from "./probe.ts";
import { ServerProcess } from "./server-process.ts";
import { findProgram } from "./services.ts";

const START_TIMEOUT_MS = 10_000;
const RECEIVE_TIMEOUT_MS = 10_000;
const MESSAGE_FORMAT = "message\t%q\t%r\t%t\t%p";

/** Another MQTT broker, as a peer for tests and benchmarks. */
export interface MosquittoServer {
  readonly port: number;
  output(): string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Kills the server and removes its data. */
  dispose(): Promise<void>;
}

export interface MosquittoOptions {
  /** Lines added to mosquitto.conf, such as `max_queued_messages 0`. */
  readonly configLines?: readonly string[];
}

/** Starts mosquitto with anonymous access on a loopback port; resolves when it accepts connections. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<MosquittoServer> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-mosquitto-"));
  const port = await freePort();
  const configPath = join(folder, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "log_dest stdout",
    `persistence_location ${folder}/`,
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...(options.configLines ?? []),
  ];
  await writeFile(configPath, `${lines.join("\n")}\n`);
  let server = await launch(configPath, port);

  return {
    port,
    output: () => server.output(),
    kill: () => server.kill(),
    async stop() {
      await server.stop();
    },
    async restart() {
      if (server.isRunning) await server.stop();
      server = await launch(configPath, port);
    },
    async dispose() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What mosquitto_pub did: its exit code and all it wrote. */
export interface MosquittoPubResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs mosquitto_pub to its end. */
export async function mosquittoPub(args: readonly string[]): Promise<MosquittoPubResult> {
  const client = new ServerProcess({ command: "mosquitto_pub", args });
  const code = await client.exited;
  return { code, output: client.output() };
}

/** A message as mosquitto_sub printed it. */
export interface ReceivedMessage {
  readonly qos: number;
  readonly isRetained: boolean;
  readonly topicName: string;
  readonly payload: string;
}

/** A running mosquitto_sub. */
export interface MosquittoSubscriber {
  /** The exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  output(): string;
  received(): ReceivedMessage[];
  /** Resolves to all messages once there are `count` of them; fails with the output when that takes too long. */
  waitForMessages(count: number): Promise<ReceivedMessage[]>;
  /** SIGTERM: the client disconnects in order. */
  stop(): Promise<void>;
  /** SIGKILL: the broker only sees the connection end. */
  kill(): Promise<void>;
}

/** Starts mosquitto_sub; resolves when its subscriptions are acknowledged. Payloads must be a single line. */
export async function mosquittoSub(args: readonly string[]): Promise<MosquittoSubscriber> {
  // The client's debug lines are left in the buffer when its output is a pipe.
  const client = new ServerProcess({
    command: "stdbuf",
    args: ["-oL", "mosquitto_sub", "-d", "-F", MESSAGE_FORMAT, ...args],
  });
  const received = (): ReceivedMessage[] => client.output().split("\n").flatMap(parseMessage);
  await client.waitUntil("subscribed", () => /^Subscribed/m.test(client.output()), START_TIMEOUT_MS);
  return {
    exited: client.exited,
    output: () => client.output(),
    received,
    async waitForMessages(count) {
      const haveAll = (): boolean => received().length >= count;
      await client.waitUntil(`given ${count} messages`, haveAll, RECEIVE_TIMEOUT_MS);
      return received();
    },
    kill: () => client.kill(),
    async stop() {
      await client.stop();
    },
  };
}

function parseMessage(line: string): ReceivedMessage[] {
  const [marker, qos, retain, topicName, payload] = line.split("\t");
  if (marker !== "message" || topicName === undefined || payload === undefined) return [];
  return [{ qos: Number(qos), isRetained: retain === "1", topicName, payload }];
}

async function launch(configPath: string, port: number): Promise<ServerProcess> {
  const command = findProgram("mosquitto") ?? "mosquitto";
  const server = new ServerProcess({ command, args: ["-c", configPath] });
  await server.waitUntil("ready", () => isListening(port), START_TIMEOUT_MS);
  return server;
}
