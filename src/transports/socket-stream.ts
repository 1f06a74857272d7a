import type { Socket } from "node:net";
import type { ByteReceiver, ByteStream, ClientCertificate, TransportKind } from "../base/byte-stream.ts";
import type { Cancel, Clock } from "../base/clock.ts";
import type { StreamOrigin } from "./peer.ts";
import { LINGER_MS } from "./ports.ts";

const OWNER = Symbol("stream");

/** A socket that knows its stream: the event functions below are shared by all connections, none is a closure. */
type OwnedSocket = Socket & { [OWNER]: SocketStream };

/** One connection whose bytes are a socket's bytes (TCP, TLS, Unix), as thin as it can be. */
export class SocketStream implements ByteStream {
  readonly transport: TransportKind;
  readonly remoteAddress: string;
  readonly isLoopback: boolean;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly #socket: OwnedSocket;
  readonly #clock: Clock;
  #receiver: ByteReceiver | undefined;
  #error: Error | undefined;
  #isEnding = false;
  #isClosed = false;
  #cancelLinger: Cancel | undefined;

  constructor(socket: Socket, { transport, peer, clientCertificate }: StreamOrigin, clock: Clock) {
    this.transport = transport;
    this.remoteAddress = peer.remoteAddress;
    this.isLoopback = peer.isLoopback;
    this.clientCertificate = clientCertificate;
    this.#clock = clock;
    this.#socket = Object.assign(socket, { [OWNER]: this });
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  start(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    if (this.#isClosed) {
      process.nextTick(() => receiver.closed(this.#error));
      return;
    }
    const socket = this.#socket;
    socket.on("data", onData);
    socket.on("drain", onDrain);
    socket.on("end", onEnd);
    socket.resume();
  }

  // hot: once per connection and turn of the loop
  write(bytes: Buffer, onWritten?: () => void): void {
    const socket = this.#socket;
    if (socket.writable) socket.write(bytes, onWritten);
    else if (onWritten !== undefined) process.nextTick(onWritten); // nobody will read it: the bytes are free again
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  pause(): void {
    if (!this.#isEnding) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#socket.resume(); // what still comes is thrown away; unread bytes would turn our FIN into a reset
    this.#socket.end();
    this.#cancelLinger = this.#clock.after(LINGER_MS, () => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** For the socket's events only. */
  received(chunk: Buffer): void {
    if (!this.#isEnding) this.#receiver?.bytes(chunk);
  }

  /** For the socket's events only. */
  hasDrained(): void {
    if (!this.#isEnding) this.#receiver?.drained();
  }

  /** For the socket's events only. */
  failed(error: Error): void {
    this.#error ??= error;
  }

  /** For the socket's events only. */
  hasClosed(): void {
    this.#isClosed = true;
    this.#cancelLinger?.();
    this.#receiver?.closed(this.#error);
  }
}

function onData(this: Socket, chunk: Buffer): void {
  (this as OwnedSocket)[OWNER].received(chunk);
}

function onDrain(this: Socket): void {
  (this as OwnedSocket)[OWNER].hasDrained();
}

function onEnd(this: Socket): void {
  (this as OwnedSocket)[OWNER].end();
}

function onError(this: Socket, error: Error): void {
  (this as OwnedSocket)[OWNER].failed(error);
}

function onClose(this: Socket): void {
  (this as OwnedSocket)[OWNER].hasClosed();
}
