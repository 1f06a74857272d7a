import { endOfLevel } from "./level-node.ts";

/** A scratch array above this length is given back after use. */
const LEVELS_KEPT = 256;

/** Cuts a topic into levels as far as somebody asks, each level once. Reused from topic to topic. */
export class TopicLevels {
  #topicName = "";
  #levels: string[] = [];
  #known = 0;
  #nextStart = 0;

  begin(topicName: string): void {
    this.#topicName = topicName;
    this.#known = 0;
    this.#nextStart = 0;
  }

  /** Undefined below the topic's last level. Ask for no depth before its predecessor. Hot. */
  at(depth: number): string | undefined {
    if (depth < this.#known) return this.#levels[depth];
    if (this.#nextStart > this.#topicName.length) return undefined;
    const end = endOfLevel(this.#topicName, this.#nextStart);
    const level = this.#topicName.substring(this.#nextStart, end);
    this.#levels[this.#known++] = level;
    this.#nextStart = end + 1;
    return level;
  }

  end(): void {
    this.#topicName = "";
    if (this.#known > LEVELS_KEPT) this.#levels = [];
  }
}
