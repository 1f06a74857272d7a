import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { ByteReceiver, ByteStream, ClientCertificate, TransportKind } from "../base/byte-stream.ts";
import type { StreamOrigin } from "./peer.ts";

/** Writes of one turn are gathered into one frame up to this size; larger ones go out by reference. */
const GATHER_BYTES = 16 * 1024;

const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const BINARY = { binary: true } as const; // [MQTT-6.0.0-1]

/** MQTT's bytes in binary WebSocket frames, whose borders mean nothing [MQTT-6.0.0-2]. */
export class WebSocketStream implements ByteStream {
  readonly transport: TransportKind;
  readonly remoteAddress: string;
  readonly isLoopback: boolean;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly #webSocket: WebSocket;
  #receiver: ByteReceiver | undefined;
  #error: Error | undefined;
  #isEnding = false;
  #isClosed = false;
  #corks = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #onGatheredWritten: (() => void)[] = [];

  constructor(webSocket: WebSocket, socket: Socket, { transport, peer, clientCertificate }: StreamOrigin) {
    this.transport = transport;
    this.remoteAddress = peer.remoteAddress;
    this.isLoopback = peer.isLoopback;
    this.clientCertificate = clientCertificate;
    this.#webSocket = webSocket;
    webSocket.on("message", (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on("error", (error) => {
      this.#error ??= error;
    });
    webSocket.on("close", () => this.#onClose());
    socket.on("drain", () => this.#onDrain());
    webSocket.pause();
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount + this.#gatheredBytes;
  }

  start(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    if (this.#isClosed) process.nextTick(() => receiver.closed(this.#error));
    else this.#webSocket.resume();
  }

  write(bytes: Buffer, onWritten?: () => void): void {
    if (!this.#isOpen) {
      if (onWritten !== undefined) process.nextTick(onWritten); // nobody will read it: the bytes are free again
      return;
    }
    if (this.#corks === 0) {
      this.#webSocket.send(bytes, BINARY, onWritten);
      return;
    }
    if (this.#gatheredBytes + bytes.length > GATHER_BYTES) this.#flush();
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (onWritten !== undefined) this.#onGatheredWritten.push(onWritten);
  }

  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    if (this.#corks === 0) return;
    this.#corks--;
    if (this.#corks === 0) this.#flush();
  }

  /** A chunk that was already read may still bring frames: at most 64 KiB of them. */
  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  end(): void {
    this.#close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.#webSocket.terminate();
  }

  get #isOpen(): boolean {
    return !this.#isEnding && this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  #flush(): void {
    if (this.#gathered.length === 0) return;
    const [first] = this.#gathered;
    const bytes = this.#gathered.length === 1 && first !== undefined ? first : Buffer.concat(this.#gathered);
    const callbacks = this.#onGatheredWritten;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#onGatheredWritten = [];
    this.#webSocket.send(bytes, BINARY, callbacks.length === 0 ? undefined : () => runAll(callbacks));
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#isEnding) return;
    if (!isBinary || !Buffer.isBuffer(data)) {
      this.#error ??= new Error("the peer sent a text frame");
      this.#close(UNSUPPORTED_DATA); // [MQTT-6.0.0-1]
      return;
    }
    this.#receiver?.bytes(data);
  }

  #onDrain(): void {
    if (!this.#isEnding) this.#receiver?.drained();
  }

  #close(code: number): void {
    if (this.#isEnding) return;
    this.#flush();
    this.#isEnding = true;
    this.#webSocket.resume(); // the peer's close frame has to be read
    this.#webSocket.close(code); // ws destroys the socket when the peer does not answer in time
  }

  #onClose(): void {
    this.#isEnding = true;
    this.#isClosed = true;
    this.#receiver?.closed(this.#error);
  }
}

function runAll(callbacks: readonly (() => void)[]): void {
  for (const callback of callbacks) callback();
}
