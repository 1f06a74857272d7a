import { randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Page, Query, Rows, SortKey, Subject } from "../../base/inspection.ts";
import { TopRows } from "./top-rows.ts";

/** Things of one kind that can be listed. */
export interface Listing<Item, Row> {
  /** All whose name may begin with `filter`, lazily. Undefined = no more in this turn of the event loop. */
  items(filter: string): Iterator<Item | undefined>;
  nameOf(item: Item): string;
  weightOf(item: Item, sort: Exclude<SortKey, "age">): number;
  ageOf(item: Item): Promise<number | null>;
  rowOf(item: Item): Promise<Row>;
}

/** How each subject is listed. */
export type Listings = { readonly [S in Subject]: Listing<unknown, Rows[S]> };

interface Walk {
  readonly listing: Listing<unknown, unknown>;
  readonly items: Iterator<unknown>;
  readonly filter: string;
  lastUsedAt: number;
}

/** Items looked at between two turns of the event loop: far below a millisecond. */
const SLICE_ITEMS = 512;
/** Rows made between two turns: each may need a read. */
const SLICE_ROWS = 128;
/** Items looked at for one page, whether they are wanted or not: an unsorted request ends soon. */
const PAGE_ITEMS = 100_000;
const OPEN_WALKS = 16;
const WALK_LIFE_MS = 60_000;
const SORTED_AT_ONCE = 2;

/**
 * Lists what may be millions of things without holding up the event loop: works in slices, remembers where a page
 * ended as the iterator itself, and keeps no more rows than were asked for. Two requests may sort at a time.
 */
export class Lister {
  readonly #clock: Clock;
  readonly #walks = new Map<string, Walk>();
  #sorting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async list<Item, Row>(
    listing: Listing<Item, Row>,
    query: Query,
  ): Promise<Page<Row> | "unknown cursor" | "busy"> {
    if (query.sort !== undefined) return this.#sorted(listing, query, query.sort);
    const walk = this.#walkFor(listing, query);
    return walk === undefined ? "unknown cursor" : this.#page(listing, query, walk);
  }

  async #sorted<Item, Row>(
    listing: Listing<Item, Row>,
    { filter, limit }: Query,
    sort: SortKey,
  ): Promise<Page<Row> | "busy"> {
    if (this.#sorting >= SORTED_AT_ONCE) return "busy";
    this.#sorting++;
    try {
      const top = new TopRows<Item>(limit);
      const items = listing.items(filter);
      const most = sort === "age" ? SLICE_ROWS : SLICE_ITEMS; // an age may need a read, too
      for (let isDone = false; !isDone; await nextTurn()) {
        const slice = takeSlice(listing, items, filter, most);
        await weigh(listing, slice.found, sort, top);
        isDone = slice.isDone;
      }
      return { rows: await rowsOf(listing, top.inOrder()), cursor: null };
    } finally {
      this.#sorting--;
    }
  }

  async #page<Item, Row>(listing: Listing<Item, Row>, { limit }: Query, walk: Walk): Promise<Page<Row>> {
    const found: Item[] = [];
    let isDone = false;
    for (let seen = 0; !isDone && found.length < limit && seen < PAGE_ITEMS; ) {
      if (seen > 0) await nextTurn();
      const most = Math.min(SLICE_ITEMS, limit - found.length);
      const slice = takeSlice(listing, walk.items as Iterator<Item | undefined>, walk.filter, most);
      found.push(...slice.found);
      seen += slice.seen;
      isDone = slice.isDone;
    }
    const rows = await rowsOf(listing, found);
    return { rows, cursor: isDone ? null : this.#keep(walk) };
  }

  /** A cursor is good once, and for the list it was given out for: whoever asks gets the page that follows. */
  #walkFor<Item, Row>(listing: Listing<Item, Row>, { cursor, filter }: Query): Walk | undefined {
    const now = this.#clock.now();
    for (const [key, walk] of this.#walks) {
      if (now - walk.lastUsedAt > WALK_LIFE_MS) this.#walks.delete(key);
    }
    if (cursor === undefined) return { listing, items: listing.items(filter), filter, lastUsedAt: now };
    const walk = this.#walks.get(cursor);
    if (walk?.listing !== listing) return undefined;
    this.#walks.delete(cursor);
    return walk;
  }

  #keep(walk: Walk): string {
    walk.lastUsedAt = this.#clock.now();
    const cursor = randomUUID();
    this.#walks.set(cursor, walk);
    const [oldest] = this.#walks.keys();
    if (this.#walks.size > OPEN_WALKS && oldest !== undefined) this.#walks.delete(oldest);
    return cursor;
  }
}

interface Slice<Item> {
  readonly found: Item[];
  readonly seen: number;
  readonly isDone: boolean;
}

function takeSlice<Item>(
  listing: Pick<Listing<Item, unknown>, "nameOf">,
  items: Iterator<Item | undefined>,
  filter: string,
  most: number,
): Slice<Item> {
  const found: Item[] = [];
  let seen = 0;
  for (; seen < SLICE_ITEMS && found.length < most; seen++) {
    const next = items.next();
    if (next.done === true) return { found, seen, isDone: true };
    if (next.value === undefined) return { found, seen: seen + 1, isDone: false };
    if (listing.nameOf(next.value).startsWith(filter)) found.push(next.value);
  }
  return { found, seen, isDone: false };
}

async function weigh<Item>(
  listing: Listing<Item, unknown>,
  items: readonly Item[],
  sort: SortKey,
  top: TopRows<Item>,
): Promise<void> {
  if (sort !== "age") {
    for (const item of items) top.add(item, listing.weightOf(item, sort));
    return;
  }
  const ages = await Promise.all(items.map((item) => listing.ageOf(item)));
  for (const [i, item] of items.entries()) top.add(item, ages[i] ?? -1);
}

/** A row may need a read: some at a time. */
async function rowsOf<Item, Row>(listing: Listing<Item, Row>, items: readonly Item[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < items.length; from += SLICE_ROWS) {
    if (from > 0) await nextTurn();
    const some = items.slice(from, from + SLICE_ROWS);
    rows.push(...(await Promise.all(some.map((item) => listing.rowOf(item)))));
  }
  return rows;
}

/** Runs `visit` for each item, in slices. */
export async function forEachInSlices<Item>(
  items: Iterable<Item>,
  visit: (item: Item) => void,
): Promise<void> {
  let seen = 0;
  for (const item of items) {
    if (++seen % SLICE_ITEMS === 0) await nextTurn();
    visit(item);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
