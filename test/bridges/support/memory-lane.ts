import type { OutboxLane } from "../../../bridges/bridge.ts";
import type { Message } from "../../../src/base/message.ts";
import type { QueuedMessage } from "../../../src/base/queued-message.ts";
import { aQueued } from "./messages.ts";

/** A lane of the outbox in memory; `maximumDead` bounds its dead letters. */
export class MemoryLane implements OutboxLane {
  readonly epoch = "e1";
  nextSeq = 1;
  maximumDead = Number.POSITIVE_INFINITY;
  readonly settled: number[] = [];
  readonly dead: { readonly seq: number; readonly reason: string }[] = [];
  readonly #entries = new Map<number, QueuedMessage>();
  #taken = 0;
  #ready: (() => void) | undefined;

  get count(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { message }) => sum + (message?.payload.length ?? 0), 0);
  }

  put(message: Message | undefined, mapping = 1): void {
    const seq = this.nextSeq++;
    this.#entries.set(seq, aQueued(message, seq, mapping));
    this.#ready?.();
  }

  attach(ready: () => void): void {
    this.#ready = ready;
  }

  detach(): void {
    this.#ready = undefined;
    this.#taken = 0;
  }

  take(): QueuedMessage | undefined {
    while (this.#taken < this.nextSeq - 1) {
      const queued = this.#entries.get(++this.#taken);
      if (queued) return queued;
    }
    return undefined;
  }

  settle(queued: QueuedMessage): void {
    this.#remove(queued);
    this.settled.push(queued.seq);
  }

  bury(queued: QueuedMessage, reason: string): boolean {
    if (this.dead.length >= this.maximumDead) return false;
    this.#remove(queued);
    this.dead.push({ seq: queued.seq, reason });
    return true;
  }

  #remove(queued: QueuedMessage): void {
    if (!this.#entries.delete(queued.seq)) throw new Error(`seq ${queued.seq} was settled before`);
  }
}
