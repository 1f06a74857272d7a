import { once } from "node:events";
import { connect, type Socket } from "node:net";

const PATIENCE_MS = 8_000;

/** One client's socket: whole packets in, bytes out, nothing by itself. */
export class ExchangeClient {
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #isClosed = false;
  #wake: () => void = () => {};

  static async connect(port: number): Promise<ExchangeClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const client = new ExchangeClient(socket);
    await once(socket, "connect");
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      this.#wake();
    });
    socket.on("error", () => {}); // "close" follows
    socket.on("end", () => this.#closed());
    socket.on("close", () => this.#closed());
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  vanish(): void {
    this.#socket.destroy();
  }

  /** The next packet, or undefined when the broker ends the connection instead. */
  async next(): Promise<Buffer | undefined> {
    await this.#until(() => this.#isClosed || lengthOfFirst(this.#unread) !== undefined);
    const length = lengthOfFirst(this.#unread);
    if (length === undefined) return undefined;
    const packet = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return packet;
  }

  async #until(condition: () => boolean): Promise<void> {
    let isLate = false;
    const watchdog = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, PATIENCE_MS);
    while (!condition() && !isLate) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(watchdog);
    if (!condition()) throw new Error("nothing came, and the connection is still open");
  }

  #closed(): void {
    this.#isClosed = true;
    this.#wake();
  }
}

/** Bytes of the first packet, once it is there as a whole. */
function lengthOfFirst(bytes: Buffer): number | undefined {
  let remaining = 0;
  for (let i = 1; i < bytes.length && i <= 4; i++) {
    const byte = bytes[i] ?? 0;
    remaining += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return bytes.length >= i + 1 + remaining ? i + 1 + remaining : undefined;
  }
  return undefined;
}
