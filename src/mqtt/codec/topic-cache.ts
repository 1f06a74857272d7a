import type { TopicName } from "../../base/ids.ts";
import { toTopicName } from "../../base/topic-name.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { readUtf8 } from "./utf8.ts";

/** Room for the 10,000 topics whose receivers the router remembers. */
const ENTRIES = 16_384;
const WINDOW = 4;
/** Of so many topics that find no room, one takes the place of another: those that come once drive out few. */
const PASSED_BY_PER_CHANGE = 8;
const LONGEST_CACHED_BYTES = 256;

/**
 * From the bytes of a topic name to one checked string, so that a repeated topic is neither decoded nor
 * checked again, and a map that is asked with it finds its hash already computed.
 *
 *   hash ─▶ slot, slot+1 … slot+3 (wrapping)      #hashes  | #lengths | #topics
 *                                                 #bytes: 256 bytes per slot, 4 MiB in all once many are used
 *
 * Tuned: open addressing in a window of four; when all four are taken, one newcomer in eight replaces one of them. One
 * cache is made per process and passed to readPublish: topics are shared by connections, tests stay apart.
 */
export class TopicCache {
  readonly #bytes = new Uint8Array(ENTRIES * LONGEST_CACHED_BYTES);
  readonly #hashes = new Int32Array(ENTRIES);
  /** 0 = free: an empty topic name is never looked up. */
  readonly #lengths = new Uint16Array(ENTRIES);
  readonly #topics: (TopicName | "")[] = new Array<TopicName | "">(ENTRIES).fill("");
  #passedBy = 0;

  /** The topic name in `buffer` from `start` to `end`, at least one byte; throws when it is not a valid one. */
  topicName(buffer: Buffer, start: number, end: number): TopicName {
    const length = end - start;
    if (length > LONGEST_CACHED_BYTES) return readTopicName(buffer, start, end);
    const hash = hashOf(buffer, start, end);
    for (let i = 0; i < WINDOW; i++) {
      const slot = (hash + i) & (ENTRIES - 1);
      if (this.#hashes[slot] === hash && this.#holds(slot, buffer, start, length)) {
        return this.#topics[slot] as TopicName;
      }
    }
    const topicName = readTopicName(buffer, start, end);
    const slot = this.#slotFor(hash);
    if (slot >= 0) this.#keep(slot, hash, topicName, buffer, start, length);
    return topicName;
  }

  #holds(slot: number, buffer: Buffer, start: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const bytes = this.#bytes;
    const base = slot * LONGEST_CACHED_BYTES;
    for (let i = 0; i < length; i++) {
      if (bytes[base + i] !== buffer[start + i]) return false;
    }
    return true;
  }

  #keep(
    slot: number,
    hash: number,
    topicName: TopicName,
    buffer: Buffer,
    start: number,
    length: number,
  ): void {
    this.#hashes[slot] = hash;
    this.#lengths[slot] = length;
    this.#topics[slot] = topicName;
    const base = slot * LONGEST_CACHED_BYTES;
    for (let i = 0; i < length; i++) this.#bytes[base + i] = buffer[start + i] as number;
  }

  /** Negative when the newcomer is to pass by. */
  #slotFor(hash: number): number {
    for (let i = 0; i < WINDOW; i++) {
      const slot = (hash + i) & (ENTRIES - 1);
      if (this.#lengths[slot] === 0) return slot;
    }
    this.#passedBy = (this.#passedBy + 1) % PASSED_BY_PER_CHANGE;
    return this.#passedBy === 0 ? (hash + (hash >>> 30)) & (ENTRIES - 1) : -1;
  }
}

/** Decodes and checks a topic name. */
export function readTopicName(buffer: Buffer, start: number, end: number): TopicName {
  const topicName = toTopicName(readUtf8(buffer, start, end));
  if (topicName === undefined) {
    throw new MqttError(ReasonCode.MalformedPacket, "a wildcard in a Topic Name", "MQTT-3.3.2-2");
  }
  return topicName;
}

/** FNV-1a, with its high bits folded into those that choose the slot. */
function hashOf(buffer: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (buffer[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
