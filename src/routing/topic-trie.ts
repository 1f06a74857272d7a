import type { TopicFilter } from "../base/ids.ts";
import { hasWildcard } from "../base/topic-filter.ts";
import { endOfLevel, LevelNode, ownLevel } from "./level-node.ts";
import { TopicLevels } from "./topic-levels.ts";
import { appendTo, countOf, type Values, withoutValue, withValue } from "./value-list.ts";

const DOLLAR = 0x24;

/**
 * Topic filters and what is held for them: filters without wildcards in a Map, the others in a tree of levels.
 *
 *   fleet/+/cmd        root ─"fleet"─▶ ○ ─plus─▶ ○ ─"cmd"─▶ ○ here: values
 *   fleet/dev1/#                       └─"dev1"─▶ ○ below: values
 *
 * A node is visited at most once per match and nothing recurses, so neither depth nor branching of hostile topics
 * costs more than the nodes there are.
 */
export class TopicTrie<T extends NonNullable<unknown>> {
  readonly #exact = new Map<string, Values<T>>();
  readonly #root = new FilterNode<T>("");
  #size = 0;
  readonly #levels = new TopicLevels();
  readonly #pending: FilterNode<T>[] = [];
  readonly #pendingDepth: number[] = [];

  /** Pairs of filter and value. */
  get size(): number {
    return this.#size;
  }

  /** A value is held once per filter: adding it again changes nothing. */
  add(filter: TopicFilter, value: T): void {
    if (!hasWildcard(filter)) {
      this.#exact.set(filter, this.#counted(this.#exact.get(filter), value));
      return;
    }
    const end = lastNodeEnd(filter);
    const node = this.#grow(filter, end);
    if (end === filter.length) node.here = this.#counted(node.here, value);
    else node.below = this.#counted(node.below, value);
  }

  /** Returns false when the filter did not hold the value. */
  remove(filter: TopicFilter, value: T): boolean {
    const before = this.#size;
    if (hasWildcard(filter)) this.#removeWildcard(filter, value);
    else this.#removeExact(filter, value);
    return this.#size < before;
  }

  /** Appends the values of every filter that matches; a value of two matching filters comes twice. */
  match(topicName: string, into: T[]): void {
    appendTo(into, this.#exact.get(topicName));
    if (!this.#root.isEmpty) this.#walk(topicName, into);
  }

  #counted(values: Values<T>, value: T): Values<T> {
    const before = countOf(values);
    const after = withValue(values, value);
    this.#size += countOf(after) - before;
    return after;
  }

  #discounted(values: Values<T>, value: T): Values<T> {
    const before = countOf(values);
    const after = withoutValue(values, value);
    this.#size += countOf(after) - before;
    return after;
  }

  #removeExact(filter: TopicFilter, value: T): void {
    const rest = this.#discounted(this.#exact.get(filter), value);
    if (rest === undefined) this.#exact.delete(filter);
    else this.#exact.set(filter, rest);
  }

  /** Walks down once, remembering the lowest node that stays anyway: what hangs there is cut when the end is empty. */
  #removeWildcard(filter: TopicFilter, value: T): void {
    const end = lastNodeEnd(filter);
    let node = this.#root;
    let keeper = node;
    let cut: FilterNode<T> | undefined;
    for (let start = 0; start <= end; ) {
      const stop = endOfLevel(filter, start);
      const next = node.step(filter.substring(start, stop));
      if (next === undefined) return;
      if (cut === undefined || !node.isChain) {
        keeper = node;
        cut = next;
      }
      node = next;
      start = stop + 1;
    }
    if (end === filter.length) node.here = this.#discounted(node.here, value);
    else node.below = this.#discounted(node.below, value);
    if (node.isEmpty && cut !== undefined) keeper.drop(cut);
  }

  #grow(filter: TopicFilter, end: number): FilterNode<T> {
    let node = this.#root;
    for (let start = 0; start <= end; ) {
      const stop = endOfLevel(filter, start);
      node = node.step(filter.substring(start, stop)) ?? node.extend(ownLevel(filter, start, stop));
      start = stop + 1;
    }
    return node;
  }

  // hot: no allocation but the levels' strings
  #walk(topicName: string, into: T[]): void {
    const isHidden = topicName.charCodeAt(0) === DOLLAR;
    this.#levels.begin(topicName);
    this.#postpone(this.#root, 0);
    for (let node = this.#pending.pop(); node !== undefined; node = this.#pending.pop()) {
      this.#descend(node, this.#pendingDepth.pop() as number, isHidden, into);
    }
    this.#levels.end();
  }

  /** Follows the literal levels down and leaves `+` branches for later. */
  #descend(from: FilterNode<T>, fromDepth: number, isHidden: boolean, into: T[]): void {
    let node: FilterNode<T> | undefined = from;
    for (let depth = fromDepth; node !== undefined; ) {
      const mayWildcard = depth > 0 || !isHidden; // [MQTT-4.7.2-1]
      if (mayWildcard) appendTo(into, node.below);
      const level = this.#levels.at(depth++);
      if (level === undefined) {
        appendTo(into, node.here);
        return;
      }
      if (mayWildcard && node.plus !== undefined) this.#postpone(node.plus, depth);
      node = node.child(level);
    }
  }

  #postpone(node: FilterNode<T>, depth: number): void {
    this.#pending.push(node);
    this.#pendingDepth.push(depth);
  }
}

class FilterNode<T extends NonNullable<unknown>> extends LevelNode<FilterNode<T>> {
  plus: FilterNode<T> | undefined = undefined;
  /** Held for the filter that ends at this node. */
  here: Values<T> = undefined;
  /** Held for the filter that ends with `#` under this node; it matches the node's own level too. */
  below: Values<T> = undefined;

  get isEmpty(): boolean {
    return this.here === undefined && this.below === undefined && this.#branches === 0;
  }

  /** Nothing is held here and one way leads on: without that the node is of no use. */
  get isChain(): boolean {
    return this.here === undefined && this.below === undefined && this.#branches === 1;
  }

  get #branches(): number {
    return this.childCount + (this.plus === undefined ? 0 : 1);
  }

  step(level: string): FilterNode<T> | undefined {
    return level === "+" ? this.plus : this.child(level);
  }

  extend(level: string): FilterNode<T> {
    const node = new FilterNode<T>(level);
    if (level === "+") this.plus = node;
    else this.attach(node);
    return node;
  }

  drop(node: FilterNode<T>): void {
    if (this.plus === node) this.plus = undefined;
    else this.detach(node);
  }
}

/** Where the path of nodes ends: before a final `/#`; -1 for `#` alone, whose node is the root. */
function lastNodeEnd(filter: string): number {
  if (!filter.endsWith("#")) return filter.length;
  return filter.length - 2;
}
