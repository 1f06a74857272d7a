import type { TopicFilter, TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import { type KeptMessage, keep, restore } from "./kept-message.ts";
import { endOfLevel, ownLevel } from "./level-node.ts";
import { RetainedCursor } from "./retained-cursor.ts";
import { RetainedNode } from "./retained-node.ts";

/**
 * The last retained message of each topic (MQTT 5 §3.3.1.3), in a tree of topic levels so that a wildcard subscription
 * only visits what it may match. Bodies are in memory, kept compactly.
 */
export class RetainedIndex {
  readonly #root = new RetainedNode("");
  #size = 0;
  #bytes = 0;

  /** Topics with a retained message. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of payloads and topic names held; what the tree itself needs comes on top. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Replaces the topic's message. Keeps a copy of a payload that is a view, so the caller's buffer is free again. */
  set(message: Message): void {
    const node = this.#grow(message.topicName);
    this.#forget(node);
    node.kept = keep(message);
    this.#size++;
    this.#bytes += sizeOf(node.kept);
  }

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
  matching(filter: TopicFilter): RetainedCursor {
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
  return kept.topicName.length + kept.payload.length;
}
