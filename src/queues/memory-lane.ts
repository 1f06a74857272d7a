import type { Message } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Lane, LaneConsumer, LaneEntry } from "./ports.ts";

/** What an entry counts for beside its payload, in every lane. */
export const ENTRY_OVERHEAD_BYTES = 64;
/** Places of taken entries are given back when there are this many of them, and more than are left. */
const TRIM_FROM = 1024;

interface MemoryEntry extends LaneEntry {
  readonly message: Message;
  deliveryCount: number;
}

/** A lane of a queue that is not durable: lost with the process. Its owner asks the budget before it pushes. */
export class MemoryLane implements Lane {
  readonly name: string;
  readonly #budget: MemoryBudget;
  #waiting: (MemoryEntry | undefined)[] = [];
  /** Index of the next entry to take. */
  #head = 0;
  readonly #taken = new Map<number, MemoryEntry>();
  #nextSeq = 0;
  #sentEnd = 0;
  #bytes = 0;
  /** What the budget was asked for: `#bytes`, and what messages carry beside their payload. */
  #chargedBytes = 0;
  #consumer: LaneConsumer | undefined;

  constructor(name: string, budget: MemoryBudget) {
    this.name = name;
    this.#budget = budget;
  }

  get count(): number {
    return this.#waiting.length - this.#head + this.#taken.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get sentEnd(): number {
    return this.#sentEnd;
  }

  /** Takes the message over. */
  push(message: Message, delivery: Delivery): void {
    const bytes = message.payload.length + ENTRY_OVERHEAD_BYTES;
    const chargedBytes = bytes + carriedBytes(message);
    this.#budget.take(chargedBytes);
    this.#chargedBytes += chargedBytes;
    this.#bytes += bytes;
    this.#waiting.push({ seq: this.#nextSeq++, message, delivery, deliveryCount: 0 });
    this.#consumer?.ready();
  }

  attach(consumer: LaneConsumer): void {
    this.detach();
    this.#consumer = consumer;
  }

  detach(): void {
    this.#consumer = undefined;
    const again = [...this.#taken.values()].sort((a, b) => a.seq - b.seq);
    this.#waiting = [...again, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
    this.#taken.clear();
  }

  take(): MemoryEntry | undefined {
    const entry = this.#waiting[this.#head];
    if (entry === undefined || this.#consumer === undefined || this.#isHeldUp(this.#consumer))
      return undefined;
    this.#waiting[this.#head++] = undefined;
    this.#taken.set(entry.seq, entry);
    if (entry.seq >= this.#sentEnd) this.#sentEnd = entry.seq + 1;
    if (this.#head >= TRIM_FROM && this.#head * 2 >= this.#waiting.length) this.#trim();
    return entry;
  }

  /** An entry that was taken is gone. */
  settle(seq: number): void {
    const entry = this.#taken.get(seq);
    if (entry === undefined) return;
    const consumer = this.#consumer;
    const wasHeldUp = consumer !== undefined && this.#isHeldUp(consumer);
    this.#taken.delete(seq);
    this.#forget(entry);
    if (wasHeldUp) consumer.ready();
  }

  requeue(seq: number, deliveryCount: number): void {
    const entry = this.#taken.get(seq);
    if (entry !== undefined) entry.deliveryCount = deliveryCount;
  }

  /** The queue is gone. */
  clear(): void {
    this.#budget.giveBack(this.#chargedBytes);
    this.#chargedBytes = 0;
    this.#bytes = 0;
    this.#waiting = [];
    this.#head = 0;
    this.#taken.clear();
  }

  #isHeldUp({ takenLimits }: LaneConsumer): boolean {
    return this.#taken.size >= takenLimits.entries;
  }

  #forget(entry: MemoryEntry): void {
    const bytes = entry.message.payload.length + ENTRY_OVERHEAD_BYTES;
    const chargedBytes = bytes + carriedBytes(entry.message);
    this.#bytes -= bytes;
    this.#budget.giveBack(chargedBytes);
    this.#chargedBytes -= chargedBytes;
  }

  #trim(): void {
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}

/** What a message holds in memory beside its payload: the header of an AMQP publisher, or the properties of MQTT. */
function carriedBytes({ envelope, properties }: Message): number {
  let bytes = envelope?.header.length ?? 0;
  if (properties === undefined) return bytes;
  bytes += properties.correlationData?.length ?? 0;
  for (const [name, value] of properties.userProperties) bytes += name.length + value.length;
  return bytes;
}
