/** Counts something of a kind; kinds never seen count as 0. */
export function countUp<Kind>(counts: Map<Kind, number>, kind: Kind, by = 1): void {
  counts.set(kind, (counts.get(kind) ?? 0) + by);
}
