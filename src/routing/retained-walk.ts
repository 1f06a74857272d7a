import type { TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import { type KeptMessage, payloadBytesOf, restore } from "./kept-message.ts";
import type { RetainedCursor } from "./retained-cursor.ts";
import type { RetainedNode } from "./retained-node.ts";

/** Where retained messages are that are too large for memory. */
export interface RetainedBodies {
  /** The topics' retained messages as last set, written or not; undefined = there is none. */
  readRetained(topicNames: readonly TopicName[]): Promise<readonly (Message | undefined)[]>;
}

/** Payload bytes read at once; a single message may be larger. */
const BYTES_PER_READ = 1024 * 1024;
/** A message replaced during so many reads is left out: its receiver gets each new one as it is published. */
const MOST_READS = 4;

/**
 * Hands out the messages a cursor finds, in its order and as they are at that moment. One that is only on disk is read
 * first; what has been replaced or cleared since counts as it is now.
 */
export class RetainedWalk {
  readonly #cursor: RetainedCursor;
  readonly #bodies: RetainedBodies | undefined;
  #found: RetainedNode[] = [];
  /** What the last read brought, by what it was read for; undefined = the store has none. */
  #read = new Map<KeptMessage, Message | undefined>();
  #loading: Promise<void> | undefined;
  /** The node that waits for its body, and how often it has. */
  #awaited: RetainedNode | undefined;
  #reads = 0;

  constructor(cursor: RetainedCursor, bodies: RetainedBodies | undefined) {
    this.#cursor = cursor;
    this.#bodies = bodies;
  }

  get isDone(): boolean {
    return this.#cursor.isDone && this.#found.length === 0;
  }

  /** Set while bodies are being read: `next` goes on when it resolves; when it rejects, `next` reads again. */
  get loading(): Promise<void> | undefined {
    return this.#loading;
  }

  /** Up to `limit` messages; perhaps none although more will come. */
  next(limit: number): Message[] {
    if (this.#loading !== undefined) return [];
    if (this.#found.length === 0) this.#found = this.#cursor.next(limit);
    const messages: Message[] = [];
    const missing = this.#found.findIndex((node) => !this.#take(node, messages));
    this.#found = missing === -1 ? [] : this.#found.slice(missing);
    if (missing !== -1) this.#load();
    return messages;
  }

  /** Returns false when the node's body must be read first. */
  #take(node: RetainedNode, messages: Message[]): boolean {
    const { kept } = node;
    if (kept === undefined) return true; // cleared meanwhile
    const message = restore(kept) ?? this.#read.get(kept);
    if (message !== undefined) messages.push(message);
    return message !== undefined || this.#read.has(kept) || !this.#mayRead(node);
  }

  #mayRead(node: RetainedNode): boolean {
    if (this.#bodies === undefined) return false;
    if (node !== this.#awaited) this.#reads = 0;
    this.#awaited = node;
    return this.#reads++ < MOST_READS;
  }

  #load(): void {
    const wanted = this.#wanted();
    this.#read = new Map();
    this.#loading = this.#readAll(wanted).finally(() => {
      this.#loading = undefined;
    });
  }

  async #readAll(wanted: readonly KeptMessage[]): Promise<void> {
    try {
      const messages = await this.#bodies?.readRetained(wanted.map(({ topicName }) => topicName));
      for (const [i, kept] of wanted.entries()) this.#read.set(kept, messages?.[i]);
    } catch (error) {
      this.#reads--; // a store that fails has replaced nothing
      throw error;
    }
  }

  /** The messages on disk that come next. */
  #wanted(): KeptMessage[] {
    const wanted: KeptMessage[] = [];
    let bytes = 0;
    for (const { kept } of this.#found) {
      if (kept === undefined || typeof kept.payload !== "number") continue;
      if (wanted.length > 0 && bytes + kept.payload > BYTES_PER_READ) break;
      wanted.push(kept);
      bytes += payloadBytesOf(kept);
    }
    return wanted;
  }
}
