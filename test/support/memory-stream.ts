import type { ByteReceiver, ByteStream, TransportKind } from "../../src/base/byte-stream.ts";

/** A byte stream without a socket: the test is its far end, and may stop taking what the broker writes. */
export class MemoryStream implements ByteStream {
  readonly transport: TransportKind = "tcp";
  readonly remoteAddress = "127.0.0.1:1";
  readonly isLoopback = true;
  bufferedBytes = 0;
  /** Whether the broker reads. */
  isReading = false;
  /** Resolves when the broker has ended the connection, or was told that it is gone. */
  readonly ended: Promise<void>;
  readonly #take: (bytes: Buffer) => void;
  #receiver: ByteReceiver | undefined;
  #inbox: Buffer[] = [];
  #stalled: (() => void)[] | undefined;
  #isClosed = false;
  #resolveEnded: () => void = () => {};

  constructor(take: (bytes: Buffer) => void) {
    this.#take = take;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  // ---- the broker's side

  start(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    this.resume();
  }

  write(bytes: Buffer, onWritten?: () => void): void {
    const arrive = (): void => {
      this.#take(Buffer.from(bytes));
      onWritten?.();
    };
    if (this.#isClosed) return;
    if (this.#stalled === undefined) arrive();
    else {
      this.bufferedBytes += bytes.length;
      this.#stalled.push(arrive);
    }
  }

  cork(): void {}

  uncork(): void {}

  pause(): void {
    this.isReading = false;
  }

  resume(): void {
    this.isReading = true;
    setImmediate(() => this.#pump());
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#resolveEnded();
    setImmediate(() => this.#receiver?.closed(undefined));
  }

  // ---- the test's side

  /** Bytes from the client; the broker gets them when it reads. */
  arrive(bytes: Buffer): void {
    this.#inbox.push(Buffer.from(bytes));
    setImmediate(() => this.#pump());
  }

  /** The client takes nothing more of what it is sent. */
  stall(): void {
    this.#stalled ??= [];
  }

  /** It takes everything. */
  unstall(): void {
    const stalled = this.#stalled ?? [];
    this.#stalled = undefined;
    this.bufferedBytes = 0;
    for (const arrive of stalled) arrive();
    this.#receiver?.drained();
  }

  get unreadChunks(): number {
    return this.#inbox.length;
  }

  #pump(): void {
    while (this.isReading && !this.#isClosed) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) return;
      this.#receiver?.bytes(bytes);
    }
  }
}
