import type { QueueConsumer } from "./hosted-queue.ts";

/** A consumer in its queue's list. */
export class RegisteredConsumer {
  readonly consumer: QueueConsumer;
  readonly priority: number;
  readonly exclusive: boolean;
  /** Shown to operators. */
  readonly tag: string;
  isGone = false;
  /** It was told, and gets nothing more. */
  hasTimedOut = false;
  /** Neighbours among those of the same priority that may be asked; undefined = it is not among them. */
  next: RegisteredConsumer | undefined;
  previous: RegisteredConsumer | undefined;

  constructor(consumer: QueueConsumer, priority: number, exclusive: boolean, tag = "") {
    this.consumer = consumer;
    this.priority = priority;
    this.exclusive = exclusive;
    this.tag = tag;
  }
}

/** Consumers of one priority that may be asked, in a ring. */
interface Level {
  readonly priority: number;
  /** Whose turn it is. */
  current: RegisteredConsumer | undefined;
}

/**
 * The consumers of one queue. A message goes to the highest priority that can take it, in rotation there. Who could not
 * take one leaves the rotation until it is ready again, so that a thousand busy consumers cost nothing.
 */
export class Consumers {
  readonly #isSingleActive: boolean;
  readonly #all = new Set<RegisteredConsumer>();
  /** The highest priority first. */
  #levels: Level[] = [];
  /** With a single active consumer: the one. */
  #active: RegisteredConsumer | undefined;

  constructor(isSingleActive: boolean) {
    this.#isSingleActive = isSingleActive;
  }

  get count(): number {
    return this.#all.size;
  }

  all(): IterableIterator<RegisteredConsumer> {
    return this.#all.values();
  }

  get isExclusive(): boolean {
    const [first] = this.#all;
    return first?.exclusive === true;
  }

  add(entry: RegisteredConsumer): void {
    this.#all.add(entry);
    if (!this.#isSingleActive) this.#rotate(entry);
    else if (this.#active === undefined) this.#activateNext();
  }

  remove(entry: RegisteredConsumer): void {
    entry.isGone = true;
    this.#all.delete(entry);
    this.#unlink(entry);
    this.#levels = this.#levels.filter((level) => level.current !== undefined);
    if (this.#active === entry) this.#activateNext();
  }

  /** It may be asked again; false when that is known. */
  ready(entry: RegisteredConsumer): boolean {
    if (entry.next !== undefined || entry.isGone) return false;
    if (this.#isSingleActive && this.#active !== entry) return false;
    this.#rotate(entry);
    return true;
  }

  /** hot: who takes the next message of this many payload bytes. */
  pick(bytes: number): RegisteredConsumer | undefined {
    for (const level of this.#levels) {
      for (let entry = level.current; entry !== undefined; entry = level.current) {
        if (!entry.hasTimedOut && entry.consumer.mayTake(bytes)) {
          level.current = entry.next;
          return entry;
        }
        this.#unlink(entry);
      }
    }
    return undefined;
  }

  /** Somebody may be asked. */
  get hasReady(): boolean {
    for (const level of this.#levels) if (level.current !== undefined) return true;
    return false;
  }

  clear(): RegisteredConsumer[] {
    const all = [...this.#all];
    this.#active = undefined;
    this.#all.clear();
    for (const entry of all) this.remove(entry);
    return all;
  }

  /** The first that came of those with the highest priority. */
  #activateNext(): void {
    this.#active = undefined;
    for (const entry of this.#all) {
      if (this.#active === undefined || entry.priority > this.#active.priority) this.#active = entry;
    }
    if (this.#active !== undefined) this.#rotate(this.#active);
  }

  /** Its turn comes after that of all others of its priority. */
  #rotate(entry: RegisteredConsumer): void {
    const level = this.#levelOf(entry.priority);
    const first = level.current;
    const last = first?.previous;
    if (first === undefined || last === undefined) {
      entry.next = entry.previous = level.current = entry;
      return;
    }
    entry.next = first;
    entry.previous = last;
    first.previous = last.next = entry;
  }

  #unlink(entry: RegisteredConsumer): void {
    const { next, previous } = entry;
    if (next === undefined || previous === undefined) return;
    const level = this.#levelOf(entry.priority);
    previous.next = next;
    next.previous = previous;
    if (level.current === entry) level.current = next === entry ? undefined : next;
    entry.next = entry.previous = undefined;
  }

  #levelOf(priority: number): Level {
    const known = this.#levels.find((level) => level.priority === priority);
    if (known !== undefined) return known;
    const level: Level = { priority, current: undefined };
    this.#levels = [...this.#levels, level].sort((a, b) => b.priority - a.priority);
    return level;
  }
}
