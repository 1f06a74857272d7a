import type { TopicName } from "../../base/ids.ts";
import { toTopicName } from "../../base/topic-name.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { readUtf8 } from "./utf8.ts";

const ENTRIES = 4096;
const WINDOW = 4;
const LONGEST_CACHED_BYTES = 256;

/**
 * From the bytes of a topic name to one checked string, so that a repeated topic is neither decoded nor
 * checked again, and a map that is asked with it finds its hash already computed.
 *
 *   hash ─▶ slot, slot+1 … slot+3 (wrapping)      #hashes  | #lengths | #topics
 *                                                 #bytes: 256 bytes per slot, 1 MiB in all
 *
 * Tuned: open addressing in a window of four; when all four are taken the newcomer replaces one of them. One
 * cache is made per process and passed to readPublish: topics are shared by connections, tests stay apart.
 */
export class TopicCache {
  readonly #bytes = new Uint8Array(ENTRIES * LONGEST_CACHED_BYTES);
  readonly #hashes = new Int32Array(ENTRIES);
  /** 0 = free: an empty topic name is never looked up. */
  readonly #lengths = new Uint16Array(ENTRIES);
  readonly #topics: (TopicName | "")[] = new Array<TopicName | "">(ENTRIES).fill("");

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
    this.#keep(hash, topicName, buffer.subarray(start, end));
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

  #keep(hash: number, topicName: TopicName, bytes: Buffer): void {
    const slot = this.#slotFor(hash);
    this.#hashes[slot] = hash;
    this.#lengths[slot] = bytes.length;
    this.#topics[slot] = topicName;
    this.#bytes.set(bytes, slot * LONGEST_CACHED_BYTES);
  }

  #slotFor(hash: number): number {
    for (let i = 0; i < WINDOW; i++) {
      const slot = (hash + i) & (ENTRIES - 1);
      if (this.#lengths[slot] === 0) return slot;
    }
    return (hash + (hash >>> 30)) & (ENTRIES - 1);
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
