import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { freePorts } from "../free-port.ts";
import { ServerProcess } from "./server-process.ts";

const run = promisify(execFile);
const CLUSTER_ID = "Y2F1c2V3YXktdGVzdC0wMQ";
const START_TIMEOUT_MS = 60_000;

/** A real Kafka: one node that is broker and controller, on loopback ports, data in a temporary folder. */
export interface KafkaServer {
  readonly brokers: string[];
  readonly port: number;
  /** What the server wrote since its last start. */
  output(): string;
  createTopic(name: string, partitions: number): Promise<void>;
  /** Orderly end; the data stays. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered until `resume`. */
  pause(): void;
  resume(): void;
  /** Starts again on the same port and data, after stopping the server when it runs. */
  restart(): Promise<void>;
  /** Kills the server and removes its data. */
  dispose(): Promise<void>;
}

export interface KafkaOptions {
  /** Lines for server.properties that are added to ours or replace them. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Where install.sh puts the jars: `KAFKA_LIB`, else a folder in the user's cache named by version. */
function kafkaLibrary(): string {
  const { KAFKA_LIB } = process.env;
  return KAFKA_LIB ?? join(homedir(), ".cache/causeway-test", `kafka-${kafkaVersion()}`);
}

export function isKafkaInstalled(): boolean {
  return existsSync(join(kafkaLibrary(), "installed"));
}

/** Starts Kafka; resolves when it answers a metadata request. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-kafka-"));
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  const configPath = join(folder, "server.properties");
  const properties = { ...defaultProperties(folder, port, controllerPort), ...options.properties };
  await writeFile(configPath, propertyLines(properties));
  await run("java", [
    ...javaArguments(),
    "kafka.tools.StorageTool",
    "format",
    "-t",
    CLUSTER_ID,
    "-c",
    configPath,
  ]);

  const brokers = [`127.0.0.1:${port}`];
  let server = launch(configPath);
  await whenReady(server, brokers);

  return {
    brokers,
    port,
    output: () => server.output(),
    createTopic: (name, partitions) => createTopic(brokers, name, partitions),
    kill: () => server.kill(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    async stop() {
      await server.stop();
    },
    async restart() {
      if (server.isRunning) await server.stop();
      server = launch(configPath);
      await whenReady(server, brokers);
    },
    async dispose() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function kafkaVersion(): string {
  const pom = readFileSync(new URL("./kafka/pom.xml", import.meta.url), "utf8");
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(pom)?.[1];
  if (version === undefined) throw new Error("pom.xml does not name the version of Kafka");
  return version;
}

function launch(configPath: string): ServerProcess {
  return new ServerProcess({ command: "java", args: [...javaArguments(), "kafka.Kafka", configPath] });
}

// A quick start matters more than speed: the simple compiler and collector, and the shared class archive that
// install.sh makes. Java goes on without the archive when it does not fit.
function javaArguments(): string[] {
  const library = kafkaLibrary();
  return [
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    `-XX:SharedArchiveFile=${join(library, "classes.jsa")}`,
    "-Xlog:cds=off",
    "-Xlog:cds+dynamic=off",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-cp",
    join(library, "*"),
  ];
}

function defaultProperties(folder: string, port: number, controllerPort: number): Record<string, string> {
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "log.dirs": join(folder, "data"),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    // How long a killed broker counts as alive, and so may not register again.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "300",
  };
}

function propertyLines(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

async function whenReady(server: ServerProcess, brokers: string[]): Promise<void> {
  await server.waitUntil("ready", () => answersMetadata(brokers), START_TIMEOUT_MS);
}

async function answersMetadata(brokers: string[]): Promise<boolean> {
  try {
    return await withAdmin(brokers, async (admin) => (await admin.describeCluster()).brokers.length > 0);
  } catch {
    return false;
  }
}

async function createTopic(brokers: string[], name: string, partitions: number): Promise<void> {
  await withAdmin(brokers, (admin) =>
    admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }], waitForLeaders: true }),
  );
}

async function withAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    connectionTimeout: 1000,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
