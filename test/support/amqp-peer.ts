import { connect, type Socket } from "node:net";
import { type BasicProperties, NO_PROPERTIES } from "../../src/amqp/codec/basic-properties.ts";
import {
  headerFrameLength,
  readContentHeader,
  writeHeaderFrame,
} from "../../src/amqp/codec/content-header.ts";
import { FrameReader } from "../../src/amqp/codec/frame-reader.ts";
import {
  encodeMethodFrame,
  FRAME_END,
  FRAME_OVERHEAD_BYTES,
  FrameType,
  PROTOCOL_HEADER,
  writeFrameHead,
} from "../../src/amqp/codec/frames.ts";
import type { Method } from "../../src/amqp/codec/methods.generated.ts";
import { readMethod } from "../../src/amqp/codec/read-method.ts";

/** A method that came, with its message when it carries one. `protocol-header` and `end` stand for what is no method. */
export interface Arrival {
  readonly channel: number;
  readonly method: Method | { readonly kind: "protocol-header" | "end" };
  readonly properties?: BasicProperties;
  readonly body?: Buffer;
}

/** What basic.publish carries. */
export interface Content {
  readonly properties: BasicProperties;
  readonly body: Buffer;
}

/** A TCP connection that speaks AMQP frames and decides nothing by itself. */
export class AmqpPeer {
  readonly #socket: Socket;
  readonly #reader = new FrameReader("server");
  readonly #arrived: (arrival: Arrival) => void;
  readonly #contents = new Map<
    number,
    { method: Method; properties?: BasicProperties; missing: number; parts: Buffer[] }
  >();
  #isFirst = true;

  /** Resolves when the socket is open; `arrived` is called for all that comes, the end of the stream included. */
  static async dial(port: number, arrived: (arrival: Arrival) => void): Promise<AmqpPeer> {
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new AmqpPeer(socket, arrived);
  }

  private constructor(socket: Socket, arrived: (arrival: Arrival) => void) {
    this.#socket = socket.setNoDelay(true);
    this.#arrived = arrived;
    this.#reader.maximumFrameBytes = Number.POSITIVE_INFINITY;
    socket.removeAllListeners("error");
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.once("close", () => arrived({ channel: 0, method: { kind: "end" } }));
  }

  sendBytes(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  sendProtocolHeader(): void {
    this.sendBytes(PROTOCOL_HEADER);
  }

  send(channel: number, method: Method, content?: Content): void {
    this.sendBytes(encodeMethodFrame(channel, method));
    if (content !== undefined) this.sendBytes(encodeContent(channel, content));
  }

  /** Without a word. */
  drop(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#isFirst && chunk.subarray(0, 4).toString("latin1") === "AMQP") {
      this.#arrived({ channel: 0, method: { kind: "protocol-header" } });
      return;
    }
    this.#isFirst = false;
    this.#reader.push(chunk, {
      protocolHeader() {},
      frame: (type, channel, buffer, start, end) => {
        this.#frame(type, channel, buffer, start, end);
        return true;
      },
    });
  }

  #frame(type: FrameType, channel: number, buffer: Buffer, start: number, end: number): void {
    if (type === FrameType.Method) this.#method(channel, readMethod(buffer, start, end));
    else if (type === FrameType.Header) this.#header(channel, buffer, start, end);
    else if (type === FrameType.Body) this.#body(channel, Buffer.from(buffer.subarray(start, end)));
  }

  #method(channel: number, method: Method): void {
    const carries = ["basic.deliver", "basic.get-ok", "basic.return"].includes(method.kind);
    if (carries) this.#contents.set(channel, { method, missing: 0, parts: [] });
    else this.#arrived({ channel, method });
  }

  #header(channel: number, buffer: Buffer, start: number, end: number): void {
    const content = this.#contents.get(channel);
    if (content === undefined) throw new Error(`a content header without a method on channel ${channel}`);
    const { bodyBytes, properties } = readContentHeader(buffer, start, end);
    content.properties = properties.owned();
    content.missing = bodyBytes;
    this.#finish(channel);
  }

  #body(channel: number, part: Buffer): void {
    const content = this.#contents.get(channel);
    if (content === undefined) throw new Error(`a body without a method on channel ${channel}`);
    content.parts.push(part);
    content.missing -= part.length;
    this.#finish(channel);
  }

  #finish(channel: number): void {
    const content = this.#contents.get(channel);
    if (content === undefined || content.missing > 0) return;
    this.#contents.delete(channel);
    const { method, properties = NO_PROPERTIES, parts } = content;
    this.#arrived({ channel, method, properties, body: Buffer.concat(parts) });
  }
}

/** Header and body frames. */
export function encodeContent(channel: number, { properties, body }: Content): Buffer {
  const bodyLength = body.length === 0 ? 0 : body.length + FRAME_OVERHEAD_BYTES;
  const frames = Buffer.alloc(headerFrameLength(properties) + bodyLength);
  const at = writeHeaderFrame(frames, 0, channel, properties, body.length);
  if (body.length > 0) {
    body.copy(frames, writeFrameHead(frames, at, FrameType.Body, channel, body.length));
    frames[frames.length - 1] = FRAME_END;
  }
  return frames;
}
