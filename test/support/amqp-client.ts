import type { BasicProperties } from "../../src/amqp/codec/basic-properties.ts";
import { NO_PROPERTIES } from "../../src/amqp/codec/basic-properties.ts";
import { readContentHeader } from "../../src/amqp/codec/content-header.ts";
import { writeContent } from "../../src/amqp/codec/content-writer.ts";
import { FrameReader } from "../../src/amqp/codec/frame-reader.ts";
import { encodeMethodFrame, FrameType, PROTOCOL_HEADER } from "../../src/amqp/codec/frames.ts";
import type { Method, QueueDeclare } from "../../src/amqp/codec/methods.generated.ts";
import { readMethod } from "../../src/amqp/codec/read-method.ts";
import { fromPlain } from "../../src/amqp/codec/table-values.ts";
import type { FieldTable } from "../../src/base/field-table.ts";
import { MemoryStream } from "./memory-stream.ts";

/** A method from the broker, with its message when it carries one. */
export interface Arrival {
  readonly channel: number;
  readonly method: Method;
  properties?: BasicProperties;
  body?: Buffer;
}

export interface HandshakeOptions {
  readonly user?: string;
  readonly password?: string;
  readonly virtualHost?: string;
  readonly capabilities?: readonly string[];
  /** Seconds. */
  readonly heartbeat?: number;
  readonly frameMax?: number;
  readonly channelMax?: number;
}

const ALL_CAPABILITIES = ["consumer_cancel_notify", "connection.blocked", "authentication_failure_close"];

/** Turns of the event loop after which a broker in memory has nothing left to do. */
const SETTLE_TURNS = 20;

export async function settled(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The far end of a connection without a socket: speaks frames, decides nothing by itself. */
export class AmqpTestClient {
  readonly stream: MemoryStream;
  /** All methods that came, in order. */
  readonly arrivals: Arrival[] = [];
  heartbeats = 0;
  isEnded = false;
  readonly #reader = new FrameReader("server");
  #received: Buffer[] = [];
  #missing = 0;

  constructor() {
    this.#reader.maximumFrameBytes = Number.POSITIVE_INFINITY;
    this.stream = new MemoryStream((bytes) => this.#take(bytes));
    void this.stream.ended.then(() => {
      this.isEnded = true;
    });
  }

  // to the broker

  write(bytes: Buffer): void {
    this.stream.arrive(bytes);
  }

  send(channel: number, method: Method): void {
    this.write(encodeMethodFrame(channel, method));
  }

  /** Sends a method and returns what has come on its channel when nothing moves any more. */
  async ask(channel: number, method: Method): Promise<Arrival[]> {
    const before = this.arrivals.length;
    this.send(channel, method);
    await settled();
    return this.arrivals.slice(before).filter((arrival) => arrival.channel === channel);
  }

  /** As `ask`, for the first of them. */
  async call(channel: number, method: Method): Promise<Method> {
    const [answer] = await this.ask(channel, method);
    if (answer === undefined) throw new Error(`no answer to ${method.kind}`);
    return answer.method;
  }

  /** The messages are settled only by a later `settled()`. */
  publish(
    channel: number,
    routingKey: string,
    body: string | Buffer,
    {
      exchange = "",
      properties = NO_PROPERTIES,
      mandatory = false,
      immediate = false,
    }: {
      readonly exchange?: string;
      readonly properties?: BasicProperties;
      readonly mandatory?: boolean;
      readonly immediate?: boolean;
    } = {},
  ): void {
    const method = { kind: "basic.publish", exchange, routingKey, mandatory, immediate } as const;
    this.write(contentFrames(channel, method, properties, Buffer.from(body)));
  }

  async open(options: HandshakeOptions = {}): Promise<void> {
    this.write(PROTOCOL_HEADER);
    this.send(0, startOk(options));
    await settled();
    const { channelMax = 2047, frameMax = 131_072, heartbeat = 0, virtualHost = "/" } = options;
    this.send(0, { kind: "connection.tune-ok", channelMax, frameMax, heartbeat });
    this.send(0, { kind: "connection.open", virtualHost });
    await settled();
  }

  async openChannel(channel = 1): Promise<void> {
    await this.ask(channel, { kind: "channel.open" });
  }

  declare(queue: string, over: Partial<QueueDeclare> = {}, channel = 1): Promise<Method> {
    const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false };
    return this.call(channel, { kind: "queue.declare", queue, ...flags, arguments: [], ...over });
  }

  consume(
    queue: string,
    over: Partial<{
      consumerTag: string;
      noAck: boolean;
      exclusive: boolean;
      noWait: boolean;
      arguments: FieldTable;
    }> = {},
    channel = 1,
  ): Promise<Arrival[]> {
    const flags = { consumerTag: "c", noLocal: false, noAck: false, exclusive: false, noWait: false };
    return this.ask(channel, { kind: "basic.consume", queue, ...flags, arguments: [], ...over });
  }

  bind(
    queue: string,
    exchange: string,
    routingKey: string,
    table: FieldTable = [],
    channel = 1,
  ): Promise<Method> {
    const method = {
      kind: "queue.bind",
      queue,
      exchange,
      routingKey,
      noWait: false,
      arguments: table,
    } as const;
    return this.call(channel, method);
  }

  // from the broker

  /** All bytes that came since the last call. */
  takeReceived(): Buffer {
    return Buffer.concat(this.#received.splice(0));
  }

  of<K extends Method["kind"]>(kind: K): Extract<Method, { kind: K }>[] {
    return this.arrivals.flatMap(({ method }) =>
      method.kind === kind ? [method as Extract<Method, { kind: K }>] : [],
    );
  }

  last<K extends Method["kind"]>(kind: K): Extract<Method, { kind: K }> {
    const method = this.of(kind).at(-1);
    if (method === undefined) throw new Error(`no ${kind} has come`);
    return method;
  }

  /** Messages that were delivered, with their bodies as text. */
  get bodies(): string[] {
    return this.arrivals
      .filter(({ method }) => method.kind === "basic.deliver")
      .map(({ body }) => String(body ?? ""));
  }

  #take(bytes: Buffer): void {
    this.#received.push(bytes);
    if (!bytes.subarray(0, 4).equals(PROTOCOL_HEADER.subarray(0, 4))) this.#reader.push(bytes, this);
  }

  protocolHeader(): void {}

  frame(type: FrameType, channel: number, buffer: Buffer, start: number, end: number): boolean {
    const last = this.arrivals.at(-1);
    if (type === FrameType.Heartbeat) this.heartbeats++;
    else if (type === FrameType.Method)
      this.arrivals.push({ channel, method: readMethod(buffer, start, end) });
    else if (last !== undefined && type === FrameType.Header) {
      const { properties, bodyBytes } = readContentHeader(buffer, start, end);
      last.properties = properties.owned();
      last.body = Buffer.alloc(0);
      this.#missing = bodyBytes;
    } else if (last !== undefined) {
      last.body = Buffer.concat([last.body ?? Buffer.alloc(0), buffer.subarray(start, end)]);
      this.#missing -= end - start;
    }
    return true;
  }

  /** Body bytes that were announced and have not come. */
  get missingBytes(): number {
    return this.#missing;
  }
}

export function startOk({
  user = "guest",
  password = "guest",
  capabilities = ALL_CAPABILITIES,
}: HandshakeOptions = {}): Method {
  const able = Object.fromEntries(capabilities.map((name) => [name, true]));
  return {
    kind: "connection.start-ok",
    clientProperties: fromPlain({ product: "test", capabilities: able }),
    mechanism: "PLAIN",
    response: Buffer.from(`\0${user}\0${password}`),
    locale: "en_US",
  };
}

/** The frames of a method with content. */
export function contentFrames(
  channel: number,
  method: Parameters<typeof writeContent>[3],
  properties: BasicProperties,
  body: Buffer,
  frameMax = 131_072,
): Buffer {
  const parts: Buffer[] = [];
  let chunk = Buffer.alloc(0);
  let position = 0;
  const output = {
    reserve(length: number): Buffer {
      parts.push(chunk.subarray(0, position));
      chunk = Buffer.alloc(length);
      position = 0;
      return chunk;
    },
    get position(): number {
      return position;
    },
    advance(end: number): void {
      position = end;
    },
    reference(bytes: Buffer): void {
      parts.push(chunk.subarray(0, position), bytes);
      chunk = Buffer.alloc(0);
      position = 0;
    },
  };
  writeContent(output, channel, frameMax, method, properties, body);
  return Buffer.concat([...parts, chunk.subarray(0, position)]);
}
