import type { TopicName } from "../../base/ids.ts";

/** A name of so many bytes is no longer than the property that stands for it. */
const ALIAS_BYTES = 3;

/**
 * The Topic Aliases one connection is sent (MQTT 5 §3.3.2.3.4): a topic gets one with its first message, as long as
 * there are any left, and keeps it. Nothing is given up for a new one: with more topics than aliases that would cost
 * bytes instead of saving them.
 */
export class OutgoingAliases {
  readonly #maximum: number;
  readonly #aliases = new Map<TopicName, number>();

  /** `maximum`: what the client allows [MQTT-3.1.2-26] and the configuration too. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** hot: the alias the client knows the topic by; 0 = none. */
  of(topicName: TopicName): number {
    return this.#aliases.get(topicName) ?? 0;
  }

  /** The alias to introduce with the topic's name, from 1 on [MQTT-3.3.2-8]; 0 when the topic gets none. */
  next(topicName: TopicName): number {
    const isWorthIt = topicName.length > ALIAS_BYTES;
    return isWorthIt && this.#aliases.size < this.#maximum ? this.#aliases.size + 1 : 0;
  }

  /** The packet that introduces `next(topicName)` is written. */
  introduced(topicName: TopicName): void {
    this.#aliases.set(topicName, this.#aliases.size + 1);
  }
}
