import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ByteReceiver, ByteStream } from "../../src/base/byte-stream.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { Counters } from "../../src/base/counters.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { StreamListenerPorts } from "../../src/transports/ports.ts";

/** A receiver that keeps what it is told and lets a test wait for it. */
export class RecordingReceiver implements ByteReceiver {
  readonly chunks: Buffer[] = [];
  drains = 0;
  readonly closes: (Error | undefined)[] = [];
  #waiting: (() => void)[] = [];

  bytes(chunk: Buffer): void {
    this.chunks.push(Buffer.from(chunk));
    this.#wake();
  }

  drained(): void {
    this.drains++;
    this.#wake();
  }

  closed(error: Error | undefined): void {
    this.closes.push(error);
    this.#wake();
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Ports for a listener under test; `nextStream` resolves with the streams in the order they came. */
export function aListenerPorts(clock: Clock = systemClock): StreamListenerPorts & {
  readonly streams: ByteStream[];
  nextStream(): Promise<ByteStream>;
} {
  const streams: ByteStream[] = [];
  const waiting: ((stream: ByteStream) => void)[] = [];
  return {
    clock,
    logger: silentLogger,
    counters: new Counters(),
    streams,
    onConnection(stream) {
      const resolve = waiting.shift();
      if (resolve === undefined) streams.push(stream);
      else resolve(stream);
    },
    nextStream() {
      const stream = streams.shift();
      return stream === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(stream);
    },
  };
}

export async function dial(port: number, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}
