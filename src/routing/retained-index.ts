import type { TopicFilter, TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import { endOfLevel } from "../base/topic-name.ts";
import { type KeptMessage, keep, payloadBytesOf, refer, restore } from "./kept-message.ts";
import { ownLevel } from "./level-node.ts";
import { RetainedCursor } from "./retained-cursor.ts";
import { RetainedNode } from "./retained-node.ts";
import { type RetainedBodies, RetainedWalk } from "./retained-walk.ts";

/** Payloads above this stay on disk: a read costs more than a message, and little beside a payload of this size. */
const IN_MEMORY_BYTES = 4096;

/**
 * The last retained message of each topic (MQTT 5 §3.3.1.3), in a tree of topic levels so that a wildcard subscription
 * only visits what it may match. Small messages are in memory, kept compactly; large ones are read when they are delivered.
 */
export class RetainedIndex {
  readonly #root = new RetainedNode("");
  readonly #bodies: RetainedBodies | undefined;
  #size = 0;
  #bytes = 0;

  /** `bodies`: where large messages are read; undefined = all are in memory. */
  constructor(bodies?: RetainedBodies) {
    this.#bodies = bodies;
  }

  /** Topics with a retained message. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of payloads and topic names, in memory or on disk; what the tree itself needs comes on top. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Replaces the topic's message. Keeps a copy of a payload that is a view, so the caller's buffer is free again. */
  set(message: Message): void {
    const node = this.#grow(message.topicName);
    this.#forget(node);
    const isOnDisk = this.#bodies !== undefined && message.payload.length > IN_MEMORY_BYTES;
    node.kept = isOnDisk ? refer(message) : keep(message);
    this.#size++;
    this.#bytes += sizeOf(node.kept);
  }

  /** Undefined also when the message is on disk. */
  get(topicName: TopicName): Message | undefined {
    const kept = this.#find(topicName)?.kept;
    return kept === undefined ? undefined : restore(kept);
  }

  /** Returns false when the topic had none. Walks down once and cuts what is of no use any more. */
  delete(topicName: TopicName): boolean {
    let node = this.#root;
    let keeper = node;
    let cut: RetainedNode | undefined;
    for (let start = 0; start <= topicName.length; ) {
      const end = endOfLevel(topicName, start);
      const next = node.child(topicName.substring(start, end));
      if (next === undefined) return false;
      if (cut === undefined || node.kept !== undefined || node.childCount > 1) {
        keeper = node;
        cut = next;
      }
      node = next;
      start = end + 1;
    }
    if (!this.#forget(node)) return false;
    if (node.childCount === 0 && cut !== undefined) keeper.detach(cut);
    return true;
  }

  /**
   * Walks the messages whose topics match, slice by slice; the index may change in between. A message that is there
   * from the first slice to the last is returned exactly once, replaced or not.
   */
  matching(filter: TopicFilter): RetainedWalk {
    return new RetainedWalk(this.listing(filter), this.#bodies);
  }

  /** The same walk over what is in memory of each message. */
  listing(filter: TopicFilter): RetainedCursor {
    return new RetainedCursor(this.#root, filter);
  }

  #forget(node: RetainedNode): boolean {
    if (node.kept === undefined) return false;
    this.#size--;
    this.#bytes -= sizeOf(node.kept);
    node.kept = undefined;
    return true;
  }

  #find(topicName: TopicName): RetainedNode | undefined {
    let node: RetainedNode | undefined = this.#root;
    for (let start = 0; start <= topicName.length && node !== undefined; ) {
      const end = endOfLevel(topicName, start);
      node = node.child(topicName.substring(start, end));
      start = end + 1;
    }
    return node;
  }

  #grow(topicName: TopicName): RetainedNode {
    let node = this.#root;
    for (let start = 0; start <= topicName.length; ) {
      const end = endOfLevel(topicName, start);
      const next = node.child(topicName.substring(start, end));
      node = next ?? node.extend(ownLevel(topicName, start, end));
      start = end + 1;
    }
    return node;
  }
}

function sizeOf(kept: KeptMessage): number {
  return kept.topicName.length + payloadBytesOf(kept);
}
