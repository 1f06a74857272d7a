import { restMatches } from "../base/topic-filter.ts";
import { endOfLevel } from "../base/topic-name.ts";

/** A scratch array above this length is given back after use. */
const LEVELS_KEPT = 256;

/** Cuts a topic into levels as far as somebody asks, each level once. Reused from topic to topic. */
export class TopicLevels {
  #topicName = "";
  #levels: string[] = [];
  #ends: number[] = [];
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
    this.#levels[this.#known] = level;
    this.#ends[this.#known++] = end;
    this.#nextStart = end + 1;
    return level;
  }

  /** Whether the filter from `filterFrom` on matches the topic from the end of the level at `depth` on. Hot. */
  restMatches(filter: string, filterFrom: number, depth: number): boolean {
    return restMatches(filter, filterFrom, this.#topicName, this.#ends[depth] as number);
  }

  end(): void {
    this.#topicName = "";
    if (this.#known <= LEVELS_KEPT) return;
    this.#levels = [];
    this.#ends = [];
  }
}
