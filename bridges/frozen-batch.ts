import type { BridgeRecord } from "./bridge.ts";

/**
 * The records of a lane that are on their way. Nothing newer joins until all are settled or buried; a refused piece
 * is cut in halves, sent in order, until the poison is alone:
 *
 *     [ a b c d ]  →  [ a b ] [ c d ]  →  [ a b ] delivered, [ c ] [ d ]
 */
export class FrozenBatch {
  #pieces: BridgeRecord[][] = [];

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** The oldest record, in the order of the lane. */
  get oldest(): BridgeRecord | undefined {
    return this.#pieces[0]?.[0];
  }

  /** What goes out next. */
  get piece(): readonly BridgeRecord[] {
    return this.#pieces[0] ?? [];
  }

  freeze(records: BridgeRecord[]): void {
    if (records.length > 0) this.#pieces = [records];
  }

  /** Keeps of the current piece only what still has to go out; an empty piece gives way to the next. */
  keep(rest: BridgeRecord[]): void {
    this.#pieces.shift();
    if (rest.length > 0) this.#pieces.unshift(rest);
  }

  /** Cuts the current piece, of two records or more, in halves. */
  split(): void {
    const piece = this.#pieces.shift() ?? [];
    const half = Math.ceil(piece.length / 2);
    this.#pieces.unshift(piece.slice(0, half), piece.slice(half));
  }
}
