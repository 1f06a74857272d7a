import { type Packet, parser } from "mqtt-packet";
import type { Logger } from "../../src/base/logger.ts";
import type { Connection } from "../../src/mqtt/connection/connection.ts";
import type { Authorization } from "../../src/mqtt/ports.ts";
import { MemoryStream } from "../support/memory-stream.ts";
import type { RawClient } from "../support/raw-client.ts";
import { TestBroker } from "../support/test-broker.ts";
import { inPieces, mutate, withTrueLength } from "./mutations.ts";
import { nastyConnect, nastyPacket } from "./nasty-packets.ts";
import { Random } from "./random.ts";
import {
  CORPUS,
  connectPacket,
  packetsAfterConnect,
  richConnect,
  SERVER_PACKETS,
  type Version,
} from "./valid-packets.ts";

const ROUNDS_PER_PROCESS = 200;
const PROCESSES_PER_BROKER = 5;
/** A client's bytes may keep the broker busy this long; a busy machine is allowed for. */
const SLOW_MS = 1000;

/** What a run came to. */
export interface FuzzReport {
  readonly rounds: number;
  readonly bytes: number;
  readonly protocolErrors: number;
  readonly slowestMs: number;
  /** How to see each one again: seed, what was wrong, the bytes. */
  readonly findings: readonly string[];
}

/**
 * Throws random and mutated packets at one broker after another, with restarts in between, for `seconds`. It looks
 * for: an exception that is no MqttError, output that is no MQTT, a bystander who gets no answer, a connection that
 * stays behind, and bytes that keep the broker busy.
 */
export async function fuzz(seconds: number, firstSeed: number): Promise<FuzzReport> {
  const until = Date.now() + seconds * 1000;
  const total = { rounds: 0, bytes: 0, protocolErrors: 0, slowestMs: 0, findings: [] as string[] };
  for (let seed = firstSeed; Date.now() < until && total.findings.length < 20; seed++) {
    await fuzzOneBroker(seed, until, total);
  }
  return total;
}

type Total = { -readonly [Key in keyof FuzzReport]: FuzzReport[Key] } & { findings: string[] };

async function fuzzOneBroker(seed: number, until: number, total: Total): Promise<void> {
  const errors: object[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => errors.push({ fields, message }),
    isLevelEnabled: () => true,
  };
  const random = new Random(seed);
  let broker = await TestBroker.open({ logger, authorization: authorizationOf(seed) });
  for (let restart = 0; restart < PROCESSES_PER_BROKER && Date.now() < until; restart++) {
    const bystander = (await broker.connect({ clientId: "bystander" })).client;
    for (let round = 0; round < ROUNDS_PER_PROCESS && Date.now() < until; round++) {
      const attack = new Attack(broker, random);
      const problems = await attack.run(bystander);
      for (const error of errors.splice(0)) problems.push(`an error was logged: ${show(error)}`);
      total.rounds++;
      total.bytes += attack.sentBytes;
      total.slowestMs = Math.max(total.slowestMs, attack.slowestMs);
      if (problems.length > 0)
        total.findings.push(`seed ${seed}: ${problems.join("; ")}\n${attack.transcript}`);
    }
    total.protocolErrors += broker.counters.protocolErrors;
    broker = await broker.crash();
  }
}

/** With rules or without, at once or after a while: what follows CONNECT has to wait. */
function authorizationOf(seed: number): Partial<Authorization> {
  const accepted = { accepted: true, user: "" } as const;
  if (seed % 2 === 0) return {};
  return {
    authenticate: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return accepted;
    },
    hasRules: true,
    mayPublish: (_, topicName) => !topicName.startsWith("/"),
    maySubscribe: (_, topicFilter) => topicFilter !== "#",
    mayReceive: (_, topicName) => topicName !== "a",
  };
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => (part instanceof Error ? (part.stack ?? String(part)) : part));
}

/** One connection that means no good. */
class Attack {
  sentBytes = 0;
  slowestMs = 0;
  readonly #broker: TestBroker;
  readonly #random: Random;
  readonly #version: Version;
  readonly #received: Buffer[] = [];
  readonly #sent: string[] = [];
  #saidGoodbye = false;

  constructor(broker: TestBroker, random: Random) {
    this.#broker = broker;
    this.#random = random;
    this.#version = random.pick([3, 4, 5, 5, 5]);
  }

  get transcript(): string {
    return `  version ${this.#version}: ${this.#sent.join(" ")}`;
  }

  /** Returns what was wrong. */
  async run(bystander: RawClient): Promise<string[]> {
    const random = this.#random;
    const stream = new MemoryStream((bytes) => this.#received.push(bytes));
    this.#broker.mqtt.accept(stream);
    const connection = [...this.#broker.mqtt.connections()].at(-1) as Connection;
    if (!random.oneIn(6)) await this.#send(stream, this.#connect());
    if (random.oneIn(8)) stream.stall();
    const isStoreHeld = random.oneIn(8);
    if (isStoreHeld) this.#broker.store.hold();
    for (let count = random.below(7); count >= 0; count--) await this.#send(stream, this.#packet());
    if (isStoreHeld) this.#broker.store.release();
    stream.unstall();
    if (random.oneIn(3)) await this.#broker.clock.advance(1 + random.below(12_000));
    const problems = this.#checkOutput(connection.version);
    stream.destroy();
    await this.#turns(6);
    return [...problems, ...(await this.#checkOthers(bystander))];
  }

  async #send(stream: MemoryStream, bytes: Buffer): Promise<void> {
    this.#sent.push(bytes.length > 400 ? `${bytes.toString("hex", 0, 400)}…` : bytes.toString("hex"));
    this.sentBytes += bytes.length;
    if ((bytes[0] as number) >> 4 === 14) this.#saidGoodbye = true;
    const start = performance.now();
    for (const piece of inPieces(this.#random, bytes)) stream.arrive(piece);
    await this.#turns(this.#random.pick([0, 1, 3, 10]));
    const took = performance.now() - start;
    this.slowestMs = Math.max(this.slowestMs, took);
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  #connect(): Buffer {
    const random = this.#random;
    const version = this.#version;
    switch (random.below(5)) {
      case 0:
        return nastyConnect(random, version);
      case 1:
        return mutate(random, richConnect(version, "rich"), CORPUS);
      case 2:
        return richConnect(version, "rich");
      default:
        return connectPacket(version, { clientId: random.pick(["one", "two"]), clean: random.oneIn(2) });
    }
  }

  #packet(): Buffer {
    const random = this.#random;
    const valid = packetsAfterConnect(this.#version);
    switch (random.below(8)) {
      case 0:
        return random.pick(valid);
      case 1:
        return mutate(random, random.pick(valid), CORPUS);
      case 2:
        return withTrueLength(mutate(random, random.pick(valid), CORPUS));
      case 3:
        return random.pick(CORPUS);
      case 4:
        return withTrueLength(mutate(random, random.pick(CORPUS), valid));
      case 5:
        return Buffer.concat([
          random.pick(valid),
          nastyPacket(random, this.#version),
          random.pick(SERVER_PACKETS),
        ]);
      default:
        return nastyPacket(random, this.#version);
    }
  }

  /** Everything the broker wrote is MQTT, begins with CONNACK, and ends with a DISCONNECT when there is one. */
  #checkOutput(version: Version): string[] {
    const packets: Packet[] = [];
    const problems: string[] = [];
    const reader = parser({ protocolVersion: version });
    reader.on("packet", (packet) => packets.push(packet));
    reader.on("error", (error) => problems.push(`output that is no MQTT: ${error.message}`));
    reader.parse(Buffer.concat(this.#received));
    if (packets.length > 0 && packets[0]?.cmd !== "connack") problems.push(`first came ${packets[0]?.cmd}`);
    const farewell = packets.findIndex(({ cmd }) => cmd === "disconnect");
    if (farewell >= 0 && farewell !== packets.length - 1) problems.push("packets behind DISCONNECT");
    const last = packets[farewell];
    const code = (last?.cmd === "disconnect" ? last.reasonCode : undefined) ?? 0x80;
    if (farewell >= 0 && (code < 0x80 || code === 0x83) && !this.#saidGoodbye) {
      problems.push(`DISCONNECT with ${code}`);
    }
    if (this.slowestMs > SLOW_MS) problems.push(`took ${this.slowestMs} ms`);
    return problems;
  }

  async #checkOthers(bystander: RawClient): Promise<string[]> {
    const problems: string[] = [];
    const answers = await bystander.ping().catch((error: unknown) => [{ cmd: String(error) }]);
    if (answers.length > 0) problems.push(`the bystander got ${answers.map(({ cmd }) => cmd).join()}`);
    const { connectionCount } = this.#broker.mqtt;
    if (connectionCount !== 1) problems.push(`${connectionCount - 1} connections stay behind`);
    return problems;
  }
}
