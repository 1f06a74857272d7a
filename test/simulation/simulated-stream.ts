import type { ByteReceiver, ByteStream, TransportKind } from "../../src/base/byte-stream.ts";

/** Who sees what the broker does with a stream. */
export interface FarEnd {
  wrote(bytes: Buffer): void;
  /** The broker closes it. */
  ended(): void;
}

/** The broker's end of a simulated connection: bytes arrive, and get lost, when the scheduler says so. */
export class SimulatedStream implements ByteStream {
  readonly transport: TransportKind = "tcp";
  readonly remoteAddress = "127.0.0.1:1";
  readonly isLoopback = true;
  readonly bufferedBytes = 0;
  isReading = false;
  isEnded = false;
  readonly #farEnd: FarEnd;
  #receiver: ByteReceiver | undefined;

  constructor(farEnd: FarEnd) {
    this.#farEnd = farEnd;
  }

  start(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    this.isReading = true;
  }

  write(bytes: Buffer, onWritten?: () => void): void {
    if (this.isEnded) return;
    this.#farEnd.wrote(Buffer.from(bytes));
    onWritten?.();
  }

  cork(): void {}

  uncork(): void {}

  pause(): void {
    this.isReading = false;
  }

  resume(): void {
    this.isReading = true;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#farEnd.ended();
    setImmediate(() => this.#receiver?.closed(undefined));
  }

  // ---- the network's side

  arrive(bytes: Buffer): void {
    this.#receiver?.bytes(bytes);
  }

  /** The connection is lost, and the broker learns it. */
  lose(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#receiver?.closed(undefined);
  }

  /** The broker's process is gone. */
  die(): void {
    this.isEnded = true;
    this.#receiver = undefined;
  }
}
