import { FrameReader } from "../../src/amqp/codec/frame-reader.ts";
import {
  encodeMethodFrame,
  FrameType,
  HEARTBEAT_FRAME,
  PROTOCOL_HEADER,
} from "../../src/amqp/codec/frames.ts";
import type { Method } from "../../src/amqp/codec/methods.generated.ts";
import { readMethod } from "../../src/amqp/codec/read-method.ts";
import { describe } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import { AmqpBroker } from "../support/amqp-broker.ts";
import type { AmqpTestClient } from "../support/amqp-client.ts";
import { MemoryStream } from "../support/memory-stream.ts";
import { donors, opening, randomMessage, randomMethod } from "./amqp-corpus.ts";
import { inPieces, mutate } from "./mutations.ts";
import { Random } from "./random.ts";

const ROUNDS_PER_BROKER = 50;
/** One client's bytes may keep the broker busy this long; a busy machine is allowed for. */
const SLOW_MS = 2000;
const BYSTANDER_QUEUE = "only the bystander's";
const INTERNAL_ERROR = 541;

/** What a run came to. */
export interface AmqpFuzzReport {
  readonly rounds: number;
  readonly frames: number;
  readonly connectionErrors: number;
  readonly channelErrors: number;
  /** Messages that hostile clients were handed: a conversation came so far. */
  readonly delivered: number;
  readonly slowestMs: number;
  /** How to see each one again: seed, what was wrong, the bytes. */
  readonly findings: readonly string[];
}

type Total = { -readonly [Key in keyof AmqpFuzzReport]: AmqpFuzzReport[Key] } & { findings: string[] };

/**
 * Has hostile clients converse with one broker after another. It looks for: errors of the broker, output that is no AMQP,
 * a bystander who misses a confirm or a message, connections and messages in hands that stay behind, bytes that keep the
 * broker busy, and a disk that cannot be read again.
 */
export async function fuzzAmqp(rounds: number, firstSeed: number): Promise<AmqpFuzzReport> {
  const total: Total = {
    rounds: 0,
    frames: 0,
    connectionErrors: 0,
    channelErrors: 0,
    delivered: 0,
    slowestMs: 0,
    findings: [],
  };
  for (let seed = firstSeed; total.rounds < rounds && total.findings.length < 10; seed++) {
    await fuzzOneBroker(seed, Math.min(ROUNDS_PER_BROKER, rounds - total.rounds), total);
  }
  return total;
}

async function fuzzOneBroker(seed: number, rounds: number, total: Total): Promise<void> {
  const errors: string[] = [];
  const broker = await AmqpBroker.open({ logger: loggerOf(errors) });
  const bystander = await joinBystander(broker);
  broker.subscribe("#");
  const random = new Random(seed);
  const corpus = donors(random);
  for (let round = 0; round < rounds; round++) {
    const hostile = new HostileConversation(broker, random, corpus);
    const start = performance.now();
    const problems = await hostile.run();
    const took = performance.now() - start;
    problems.push(...(await checkOthers(broker, bystander)), ...errors.splice(0));
    if (took > SLOW_MS) problems.push(`took ${took} ms`);
    total.rounds++;
    total.frames += hostile.sent.length;
    total.slowestMs = Math.max(total.slowestMs, took);
    if (problems.length === 0) continue;
    total.findings.push(`seed ${seed} round ${round}: ${problems.join("; ")}\n  ${hostile.sent.join(" ")}`);
    break; // what comes after would only repeat it
  }
  total.connectionErrors += broker.server.counters.connectionErrors;
  total.channelErrors += broker.server.counters.channelErrors;
  total.delivered += broker.server.counters.delivered - bystander.of("basic.deliver").length;
  await broker.rig.restarted("killed").catch((error: unknown) => {
    total.findings.push(`seed ${seed}: the disk cannot be read again: ${describe(error)}`);
  });
}

function loggerOf(errors: string[]): Logger {
  return {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => errors.push(`${message} ${String((fields as { err?: Error }).err?.stack)}`),
    isLevelEnabled: () => true,
  };
}

async function joinBystander(broker: AmqpBroker): Promise<AmqpTestClient> {
  const bystander = await broker.connect();
  await bystander.declare(BYSTANDER_QUEUE, { exclusive: true });
  await bystander.call(1, { kind: "confirm.select", noWait: false });
  await bystander.consume(BYSTANDER_QUEUE, { noAck: true });
  return bystander;
}

async function checkOthers(broker: AmqpBroker, bystander: AmqpTestClient): Promise<string[]> {
  const problems: string[] = [];
  const before = bystander.arrivals.length;
  bystander.publish(1, BYSTANDER_QUEUE, "still there");
  await broker.settle();
  const got = bystander.arrivals
    .slice(before)
    .map(({ method }) => method.kind)
    .sort();
  if (got.join() !== "basic.ack,basic.deliver") problems.push(`the bystander got ${got.join() || "nothing"}`);
  const { connectionCount } = broker.server;
  if (connectionCount !== 1) problems.push(`${connectionCount - 1} connections stay behind`);
  for (const queue of broker.rig.host.queues()) {
    const { settings, consumerCount } = queue;
    if (settings.name === BYSTANDER_QUEUE) continue;
    if (settings.exclusive) problems.push(`the exclusive queue ${settings.name} stays behind`);
    if (consumerCount > 0) problems.push(`${consumerCount} consumers of ${settings.name} stay behind`);
    const { unacknowledged } = queue as unknown as { unacknowledged: number };
    if (unacknowledged > 0) problems.push(`${unacknowledged} messages of ${settings.name} are in no hands`);
  }
  return problems;
}

/** One hostile client. */
class HostileConversation {
  /** What it sent, as hex. */
  readonly sent: string[] = [];
  readonly #broker: AmqpBroker;
  readonly #random: Random;
  readonly #corpus: readonly Buffer[];
  readonly #reader = new FrameReader("server");
  readonly #problems: string[] = [];
  /** Channels the broker has closed. */
  readonly #closed = new Set<number>();

  constructor(broker: AmqpBroker, random: Random, corpus: readonly Buffer[]) {
    this.#broker = broker;
    this.#random = random;
    this.#corpus = corpus;
    this.#reader.maximumFrameBytes = 131_072;
  }

  /** Returns what was wrong. */
  async run(): Promise<string[]> {
    const random = this.#random;
    const stream = new MemoryStream((bytes) => this.#read(bytes));
    this.#broker.server.accept(stream);
    for (const frame of this.#opening()) await this.#send(stream, frame, 3);
    if (random.oneIn(6)) stream.stall();
    for (let count = random.below(30); count >= 0; count--) {
      for (const frame of this.#step()) await this.#send(stream, frame, random.pick([0, 0, 1, 5]));
    }
    if (random.oneIn(3)) await this.#broker.rig.clock.advance(1 + random.below(20_000));
    stream.unstall();
    if (random.oneIn(2)) stream.arrive(encodeMethodFrame(0, CLOSE));
    await this.#broker.settle();
    stream.destroy();
    await this.#broker.settle();
    if (!this.#reader.isIdle) this.#problems.push("the output ends inside a frame");
    return this.#problems;
  }

  #opening(): Buffer[] {
    const random = this.#random;
    const frames = opening();
    if (!random.oneIn(8)) return frames;
    const place = random.below(frames.length);
    frames[place] = mutate(random, frames[place] as Buffer, this.#corpus);
    if (random.oneIn(2)) frames.splice(random.below(frames.length), 1);
    return frames;
  }

  #step(): Buffer[] {
    const random = this.#random;
    const channel = random.oneIn(60) ? random.pick([0, 3, 65_535]) : random.pick([1, 1, 2]);
    if (this.#closed.delete(channel))
      return [CLOSE_OK, OPEN].map((method) => encodeMethodFrame(channel, method));
    const frames = random.oneIn(2)
      ? randomMessage(random, channel)
      : [encodeMethodFrame(channel, randomMethod(random))];
    switch (random.below(100)) {
      case 0:
        return [...frames, HEARTBEAT_FRAME, encodeMethodFrame(channel, OPEN)];
      case 1:
        return frames.reverse();
      case 2:
        return [mutate(random, Buffer.concat(frames), this.#corpus)];
      case 3:
        return [withPayloadChanged(random, random.pick(frames), this.#corpus)];
      case 4:
        return [random.pick(this.#corpus)];
      default:
        return frames;
    }
  }

  async #send(stream: MemoryStream, bytes: Buffer, turns: number): Promise<void> {
    this.sent.push(bytes.length > 400 ? `${bytes.toString("hex", 0, 400)}…` : bytes.toString("hex"));
    for (const piece of inPieces(this.#random, bytes)) stream.arrive(piece);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** All of it is frames of AMQP, or the protocol header that is spoken here; no close says that the broker is to blame. */
  #read(bytes: Buffer): void {
    if (bytes.equals(PROTOCOL_HEADER)) return;
    try {
      this.#reader.push(bytes, {
        protocolHeader() {},
        frame: (type, channel, buffer, start, end) => {
          if (type === FrameType.Method) this.#heard(channel, readMethod(buffer, start, end));
          return true;
        },
      });
    } catch (error) {
      this.#problems.push(`output that is no AMQP: ${describe(error)}`);
    }
  }

  #heard(channel: number, method: Method): void {
    if (method.kind === "channel.close") this.#closed.add(channel);
    if (method.kind !== "connection.close" || method.replyCode !== INTERNAL_ERROR) return;
    this.#problems.push("closed by an error of the broker");
  }
}

const OPEN: Method = { kind: "channel.open" };
const CLOSE_OK: Method = { kind: "channel.close-ok" };
const CLOSE: Method = { kind: "connection.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 };

/** Changes what is between head and end, and the size with it, so that a change reaches the payload's reader. */
function withPayloadChanged(random: Random, frame: Buffer, corpus: readonly Buffer[]): Buffer {
  const payload = mutate(random, frame.subarray(7, -1), corpus);
  const changed = Buffer.concat([frame.subarray(0, 7), payload, frame.subarray(-1)]);
  changed.writeUInt32BE(payload.length, 3);
  return changed;
}
