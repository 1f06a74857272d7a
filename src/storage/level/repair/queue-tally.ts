import type { QueueRecord, QueueRef } from "../../../state/records.ts";
import { writeQueueKey } from "../keys.ts";
import { writeQueue } from "../records.ts";
import type { Mender } from "./mender.ts";

/** What an entry counts for beside its payload, as queues count it. */
const ENTRY_OVERHEAD_BYTES = 64;

/** What was found of one queue, beside what its record says. */
export class QueueTally {
  readonly ref: QueueRef;
  /** Undefined: there are entries, but no record. */
  readonly record: QueueRecord | undefined;
  #count = 0;
  #bytes = 0;
  #first: number | undefined;
  #last = -1;
  #damaged = 0;
  #bodiless = 0;
  #behind = 0;

  constructor(ref: QueueRef, record: QueueRecord | undefined) {
    this.ref = ref;
    this.record = record;
  }

  get count(): number {
    return this.#count;
  }

  /** Nobody will read it: readers begin at the head. */
  isBehindHead(seq: number): boolean {
    return this.record !== undefined && seq < this.record.headSeq;
  }

  add(seq: number, payloadBytes: number): void {
    this.#count++;
    this.#bytes += payloadBytes + ENTRY_OVERHEAD_BYTES;
    this.#first ??= seq;
    this.#last = seq;
  }

  addDamaged(): void {
    this.#damaged++;
  }

  addBehindHead(): void {
    this.#behind++;
  }

  /** An entry that was added refers to a body that is not there. */
  loseBody(payloadBytes: number): void {
    this.#bodiless++;
    this.#count--;
    this.#bytes -= payloadBytes + ENTRY_OVERHEAD_BYTES;
  }

  /** A record for a queue that has lost its own, from its entries. */
  async restore(name: string, createdAt: number, mender: Mender): Promise<void> {
    await this.#put({ ...this.#base(), name, createdAt, sentEnd: 0 }, mender);
    if (this.#damaged + this.#bodiless > 0) this.#lose(name, this.#damaged + this.#bodiless, mender);
  }

  /** Compares with the record, and corrects it. */
  async settle(mender: Mender): Promise<void> {
    const { record } = this;
    if (record === undefined) return;
    const wrong = this.#differences(record);
    if (wrong.length === 0) return;
    mender.found(`queue ${record.name}: ${wrong.join(", ")}`);
    const lost = Math.max(record.count - this.#count, this.#damaged + this.#bodiless);
    if (lost > 0) this.#lose(record.name, lost, mender);
    await this.#put({ ...record, ...this.#base(), headSeq: this.#headFor(record) }, mender);
  }

  #differences(record: QueueRecord): string[] {
    const wrong: string[] = [];
    if (this.#damaged > 0) wrong.push(`${this.#damaged} damaged entries`);
    if (this.#bodiless > 0) wrong.push(`${this.#bodiless} entries without their body`);
    if (this.#behind > 0) wrong.push(`${this.#behind} entries before its head`);
    if (record.count !== this.#count)
      wrong.push(`it counts ${record.count} messages, there are ${this.#count}`);
    else if (record.bytes !== this.#bytes)
      wrong.push(`it counts ${record.bytes} bytes, there are ${this.#bytes}`);
    if (record.nextSeq <= this.#last) wrong.push(`its next place ${record.nextSeq} is taken`);
    return wrong;
  }

  #base(): Omit<QueueRecord, "name" | "createdAt" | "sentEnd"> {
    return {
      slot: this.ref.slot,
      id: this.ref.id,
      headSeq: this.#first ?? this.#last + 1,
      nextSeq: Math.max(this.#last + 1, this.record?.nextSeq ?? 0),
      count: this.#count,
      bytes: this.#bytes,
    };
  }

  #headFor(record: QueueRecord): number {
    return this.#first ?? Math.max(record.headSeq, record.nextSeq, this.#last + 1);
  }

  async #put(record: QueueRecord, mender: Mender): Promise<void> {
    await mender.put(
      (writer) => writeQueueKey(writer, record),
      (writer) => writeQueue(writer, record),
    );
  }

  #lose(name: string, count: number, mender: Mender): void {
    mender.lose(`queue ${name}: ${count} ${count === 1 ? "message" : "messages"}`);
  }
}
