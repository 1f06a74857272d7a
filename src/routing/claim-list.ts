import type { TopicFilter } from "../base/ids.ts";

/** What is held for a topic filter. A receiver has one claim per filter. */
export interface Claim {
  readonly receiver: object;
  readonly topicFilter: TopicFilter;
}

/** The claims on one filter: one inline (the usual case, no array), or several. */
export type Claims<T extends Claim> = T | ClaimList<T>;

/** Above this many claims a list also remembers where each receiver's stands: removal stays cheap with 10,000 subscribers. */
const INDEX_ABOVE = 32;

/** Two or more claims on one filter in no particular order: walked as an array, removed from without shifting. */
export class ClaimList<T extends Claim> {
  readonly all: T[];
  #positions: Map<object, number> | undefined;

  constructor(first: T, second: T) {
    this.all = [first, second];
  }

  get topicFilter(): TopicFilter {
    return (this.all[0] as T).topicFilter;
  }

  /** Replaces the claim of the same receiver. */
  add(claim: T): void {
    const known = this.#positionOf(claim.receiver);
    const at = known >= 0 ? known : this.all.length;
    this.all[at] = claim;
    this.#positions?.set(claim.receiver, at);
    if (this.#positions === undefined && this.all.length > INDEX_ABOVE) this.#index();
  }

  find(receiver: object): T | undefined {
    return this.all[this.#positionOf(receiver)];
  }

  /** The receiver must have a claim. Returns what is left: one claim is inline again. */
  without(receiver: object): Claims<T> {
    const at = this.#positionOf(receiver);
    const last = this.all.pop() as T;
    this.#positions?.delete(receiver);
    if (at < this.all.length) {
      this.all[at] = last;
      this.#positions?.set(last.receiver, at);
    }
    return this.all.length === 1 ? (this.all[0] as T) : this;
  }

  #positionOf(receiver: object): number {
    if (this.#positions === undefined) return this.all.findIndex((claim) => claim.receiver === receiver);
    return this.#positions.get(receiver) ?? -1;
  }

  #index(): void {
    this.#positions = new Map(this.all.map(({ receiver }, at) => [receiver, at]));
  }
}

/** The receiver's claim among those of one filter. */
export function claimOf<T extends Claim>(claims: Claims<T> | undefined, receiver: object): T | undefined {
  if (claims instanceof ClaimList) return claims.find(receiver);
  return claims?.receiver === receiver ? claims : undefined;
}

/** The claims of one filter with one more, which replaces that of the same receiver. */
export function withClaim<T extends Claim>(claims: Claims<T> | undefined, claim: T): Claims<T> {
  if (claims === undefined) return claim;
  if (claims instanceof ClaimList) {
    claims.add(claim);
    return claims;
  }
  return claims.receiver === claim.receiver ? claim : new ClaimList(claims, claim);
}

/** The claims of one filter without that of the receiver, which must have one; undefined when none is left. */
export function withoutClaim<T extends Claim>(claims: Claims<T>, receiver: object): Claims<T> | undefined {
  return claims instanceof ClaimList ? claims.without(receiver) : undefined;
}

/** Appends without a copy in between. Hot: once per matching filter. */
export function appendTo<T extends Claim>(into: T[], claims: Claims<T> | undefined): void {
  if (claims === undefined) return;
  if (!(claims instanceof ClaimList)) {
    into.push(claims);
    return;
  }
  const { all } = claims;
  for (let i = 0; i < all.length; i++) into.push(all[i] as T);
}
