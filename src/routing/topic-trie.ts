import type { TopicFilter } from "../base/ids.ts";
import { hasWildcard } from "../base/topic-filter.ts";
import { endOfLevel } from "../base/topic-name.ts";
import { appendTo, type Claim, type Claims, claimOf, withClaim, withoutClaim } from "./claim-list.ts";
import { type Branch, FilterNode } from "./filter-node.ts";
import { TopicLevels } from "./topic-levels.ts";

const DOLLAR = 0x24;

/**
 * Claims by topic filter: filters without wildcards in a Map, the others in a tree of levels as far as they have levels
 * in common.
 *
 *   fleet/+/cmd        root ─"fleet"─▶ ○ ─plus─▶ claims on fleet/+/cmd
 *   fleet/dev1/#                       └─"dev1"─▶ ○ below: claims on fleet/dev1/#
 *   fleet/dev1/a/b/+                              └─"a"─▶ claims on fleet/dev1/a/b/+
 *
 * A node is visited at most once per match and nothing recurses, so neither depth nor branching of hostile topics
 * costs more than the filters there are.
 */
export class TopicTrie<T extends Claim> {
  readonly #exact = new Map<string, Claims<T>>();
  readonly #root = new FilterNode<T>();
  #size = 0;
  readonly #levels = new TopicLevels();
  readonly #pending: Branch<T>[] = [];
  /** For each pending `+`: its depth among the levels, and where it stands in the filters. */
  readonly #pendingAt: number[] = [];

  /** Claims there are. */
  get size(): number {
    return this.#size;
  }

  /** Returns the receiver's claim on the same filter that this one replaces. */
  add(claim: T): T | undefined {
    const filter = claim.topicFilter;
    const replaced = hasWildcard(filter) ? this.#addWildcard(filter, claim) : this.#addExact(filter, claim);
    if (replaced === undefined) this.#size++;
    return replaced;
  }

  /** Returns the claim the receiver had on the filter. */
  remove(filter: TopicFilter, receiver: object): T | undefined {
    const removed = hasWildcard(filter)
      ? this.#removeWildcard(filter, receiver)
      : this.#removeExact(filter, receiver);
    if (removed !== undefined) this.#size--;
    return removed;
  }

  /** Appends the claims on every filter that matches. */
  match(topicName: string, into: T[]): void {
    appendTo(into, this.#exact.get(topicName));
    if (this.#root.size > 0) this.#walk(topicName, into);
  }

  #addExact(filter: string, claim: T): T | undefined {
    const claims = this.#exact.get(filter);
    const replaced = claimOf(claims, claim.receiver);
    this.#exact.set(filter, withClaim(claims, claim));
    return replaced;
  }

  #removeExact(filter: string, receiver: object): T | undefined {
    const claims = this.#exact.get(filter);
    const removed = claimOf(claims, receiver);
    if (claims === undefined || removed === undefined) return undefined;
    const rest = withoutClaim(claims, receiver);
    if (rest === undefined) this.#exact.delete(filter);
    else this.#exact.set(filter, rest);
    return removed;
  }

  #addWildcard(filter: string, claim: T): T | undefined {
    let node = this.#root;
    for (let start = 0; ; start = endOfLevel(filter, start) + 1) {
      const branch = node.branch(filter, start);
      if (branch instanceof FilterNode) {
        node = branch;
      } else if (branch === undefined || branch.topicFilter === filter) {
        const replaced = claimOf(branch, claim.receiver);
        node.setBranch(filter, start, withClaim(branch, claim));
        return replaced;
      } else {
        node = fork(node, filter, start, branch);
      }
    }
  }

  /** Goes back up as far as there are nodes through which only one filter is left to pass. */
  #removeWildcard(filter: string, receiver: object): T | undefined {
    const nodes: FilterNode<T>[] = [];
    const starts: number[] = [];
    let branch: Branch<T> | undefined = this.#root;
    for (let start = 0; branch instanceof FilterNode; start = endOfLevel(filter, start) + 1) {
      nodes.push(branch);
      starts.push(start);
      branch = branch.branch(filter, start);
    }
    if (branch === undefined || branch.topicFilter !== filter) return undefined;
    const removed = claimOf(branch, receiver);
    if (removed === undefined) return undefined;
    let rest = withoutClaim(branch, receiver);
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      node.setBranch(filter, starts.pop() as number, rest);
      rest = node.onlyClaims;
      if (rest === undefined) break;
    }
    return removed;
  }

  // hot: no allocation but the levels' strings
  #walk(topicName: string, into: T[]): void {
    const isHidden = topicName.charCodeAt(0) === DOLLAR;
    this.#levels.begin(topicName);
    this.#descend(this.#root, 0, 0, isHidden, into);
    for (let plus = this.#pending.pop(); plus !== undefined; plus = this.#pending.pop()) {
      const filterAt = this.#pendingAt.pop() as number;
      const depth = this.#pendingAt.pop() as number;
      if (plus instanceof FilterNode) this.#descend(plus, depth + 1, filterAt + 2, isHidden, into);
      else this.#appendMatching(plus, depth, filterAt + 1, into);
    }
    this.#levels.end();
  }

  /** Follows the literal levels down from a node that `fromDepth` levels lead to, and leaves `+` branches for later. */
  #descend(from: FilterNode<T>, fromDepth: number, fromFilterAt: number, isHidden: boolean, into: T[]): void {
    let node = from;
    let filterAt = fromFilterAt;
    for (let depth = fromDepth; ; depth++) {
      const mayWildcard = depth > 0 || !isHidden; // [MQTT-4.7.2-1]
      if (mayWildcard) appendTo(into, node.below);
      const level = this.#levels.at(depth);
      if (level === undefined) {
        appendTo(into, node.here);
        return;
      }
      if (mayWildcard && node.plus !== undefined) this.#postpone(node.plus, depth, filterAt);
      const child = node.child(level);
      if (!(child instanceof FilterNode)) {
        if (child !== undefined) this.#appendMatching(child, depth, filterAt + level.length, into);
        return;
      }
      node = child;
      filterAt += level.length + 1;
    }
  }

  #postpone(plus: Branch<T>, depth: number, filterAt: number): void {
    this.#pending.push(plus);
    this.#pendingAt.push(depth, filterAt);
  }

  /** The filter's levels down to `depth` match; the rest of it begins at `filterAt`. */
  #appendMatching(claims: Claims<T>, depth: number, filterAt: number, into: T[]): void {
    if (this.#levels.restMatches(claims.topicFilter, filterAt, depth)) appendTo(into, claims);
  }
}

/** The filter meets another one that was alone so far, or went so far alone: both go on through a node. */
function fork<T extends Claim>(
  node: FilterNode<T>,
  filter: string,
  start: number,
  other: Claims<T>,
): FilterNode<T> {
  const next = new FilterNode<T>();
  next.setBranch(other.topicFilter, endOfLevel(filter, start) + 1, other);
  node.setBranch(filter, start, next);
  return next;
}
