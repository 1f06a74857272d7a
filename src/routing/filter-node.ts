import { SmallMap } from "../base/small-map.ts";
import { endOfLevel } from "../base/topic-name.ts";
import type { Claim, Claims } from "./claim-list.ts";
import { ownLevel } from "./level-node.ts";

/** What is further down one way: a node where several filters go on, or the claims of the only filter that does. */
export type Branch<T extends Claim> = FilterNode<T> | Claims<T>;

const HASH = 0x23;

/**
 * A place in the tree of topic filters through which at least two of them pass. A filter that goes on alone needs no
 * nodes of its own: its claims know it.
 */
export class FilterNode<T extends Claim> {
  readonly #levels = new SmallMap<string, Branch<T>>();
  plus: Branch<T> | undefined = undefined;
  /** Of the filter that ends at this node. */
  here: Claims<T> | undefined = undefined;
  /** Of the filter that ends with `#` under this node; it matches the node's own level too. */
  below: Claims<T> | undefined = undefined;

  /** Ways that lead on from here. */
  get size(): number {
    return this.#levels.size + count(this.plus) + count(this.here) + count(this.below);
  }

  /** The claims of the only filter that passes, if it is only one: then the node is of no use. */
  get onlyClaims(): Claims<T> | undefined {
    if (this.size !== 1) return undefined;
    const [only = this.plus ?? this.here ?? this.below] = this.#levels.values();
    return only instanceof FilterNode ? undefined : only;
  }

  /** Hot: once per level of a topic. */
  child(level: string): Branch<T> | undefined {
    return this.#levels.get(level);
  }

  /** Where the filter goes on whose next level begins at `start`; beyond its end there is none. */
  branch(filter: string, start: number): Branch<T> | undefined {
    if (start > filter.length) return this.here;
    if (isHash(filter, start)) return this.below;
    const level = filter.substring(start, endOfLevel(filter, start));
    return level === "+" ? this.plus : this.#levels.get(level);
  }

  /** Undefined cuts it off. Where the filter ends there can only be claims. */
  setBranch(filter: string, start: number, branch: Branch<T> | undefined): void {
    if (start > filter.length) this.here = branch as Claims<T> | undefined;
    else if (isHash(filter, start)) this.below = branch as Claims<T> | undefined;
    else this.#setLevel(ownLevel(filter, start, endOfLevel(filter, start)), branch);
  }

  #setLevel(level: string, branch: Branch<T> | undefined): void {
    if (level === "+") this.plus = branch;
    else if (branch === undefined) this.#levels.delete(level);
    else this.#levels.set(level, branch);
  }
}

function isHash(filter: string, start: number): boolean {
  return filter.charCodeAt(start) === HASH;
}

function count(branch: unknown): 0 | 1 {
  return branch === undefined ? 0 : 1;
}
