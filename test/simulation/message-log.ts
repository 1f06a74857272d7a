import type { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { idOf, type SentMessage } from "./sent-message.ts";

/** What a durable queue bound to `#` holds on disk: the messages the broker took, in its order. */
export class MessageLog {
  readonly #disk: MemoryDisk;
  readonly #messages: ReadonlyMap<string, SentMessage>;
  readonly #counts = new Map<string, number>();
  readonly #lastNumbers = new Map<string, number>();
  /** By topic: what the retained message must be. */
  readonly retained = new Map<string, SentMessage>();
  #nextSeq = 0;

  constructor(disk: MemoryDisk, messages: ReadonlyMap<string, SentMessage>) {
    this.#disk = disk;
    this.#messages = messages;
  }

  countOf(id: string): number {
    return this.#counts.get(id) ?? 0;
  }

  /** Reads on, from the queue with this key. Returns what is wrong. */
  read(queueKey: number): string[] {
    const entries = this.#disk.entries.get(queueKey)?.entries;
    const wrong: string[] = [];
    for (let entry = entries?.get(this.#nextSeq); entry; entry = entries?.get(++this.#nextSeq)) {
      const message = entry.message && this.#messages.get(idOf(entry.message.payload));
      if (message === undefined) wrong.push("the log holds a message that nobody sent");
      else this.#add(message, wrong);
    }
    return wrong;
  }

  #add(message: SentMessage, wrong: string[]): void {
    const { id, publisherId, topic, qos, number, retain } = message;
    const count = this.countOf(id) + 1;
    this.#counts.set(id, count);
    if (retain) this.retained.set(topic, message);
    if (number === 0 && count > 1) wrong.push(`the will ${id} is published twice`);
    else if (qos === 2 && count > 1) wrong.push(`${id}, of QoS 2, is taken twice`);
    if (!message.isOrdered || count > 1) return;
    const key = `${publisherId} ${topic} ${qos}`;
    const last = this.#lastNumbers.get(key) ?? 0;
    if (number < last) wrong.push(`${id} is taken for the first time after number ${last}`);
    this.#lastNumbers.set(key, number);
  }
}
