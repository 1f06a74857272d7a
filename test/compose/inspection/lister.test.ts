import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Page, Query } from "../../../src/base/inspection.ts";
import { Lister, type Listing } from "../../../src/compose/inspection/lister.ts";
import { FakeClock } from "../../bridges/support/fake-clock.ts";

interface Thing {
  readonly name: string;
  readonly weight: number;
}

const ALL: Query = { filter: "", sort: undefined, limit: 1000, cursor: undefined };

function listingOf(things: Iterable<Thing | undefined>): Listing<Thing, string> {
  return {
    items: () => things[Symbol.iterator](),
    nameOf: ({ name }) => name,
    weightOf: ({ weight }) => weight,
    ageOf: async ({ weight }) => (weight === 0 ? null : weight),
    rowOf: async ({ name }) => name,
  };
}

function things(count: number): Thing[] {
  return Array.from({ length: count }, (_, i) => ({ name: `n${i}`, weight: (i * 7919) % 1000 }));
}

async function page(listed: Promise<Page<string> | string>): Promise<Page<string>> {
  return (await listed) as Page<string>;
}

describe("a list", () => {
  it("has every item once, in pages of any size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 2000 }), fc.integer({ min: 1, max: 1000 }), async (count, limit) => {
        const lister = new Lister(new FakeClock());
        const listing = listingOf(things(count));
        const rows: string[] = [];
        let cursor: string | null | undefined;
        while (cursor !== null) {
          const next = await page(lister.list(listing, { ...ALL, limit, cursor }));
          expect(next.rows.length).toBeLessThanOrEqual(limit);
          rows.push(...next.rows);
          cursor = next.cursor;
        }

        expect(rows).toEqual(things(count).map(({ name }) => name));
      }),
      { numRuns: 50 },
    );
  });

  it("has what begins with the filter, also on later pages", async () => {
    const lister = new Lister(new FakeClock());
    const listing = listingOf(things(300));

    const first = await page(lister.list(listing, { ...ALL, filter: "n1", limit: 100 }));
    const second = await page(lister.list(listing, { ...ALL, cursor: first.cursor ?? "" }));

    expect([...first.rows, ...second.rows]).toEqual(
      things(300)
        .map(({ name }) => name)
        .filter((name) => name.startsWith("n1")),
    );
  });

  it("has the heaviest first when it is sorted, and no more than were asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 50 }), { maxLength: 1500 }),
        fc.integer({ min: 1, max: 40 }),
        async (weights, limit) => {
          const listing = listingOf(weights.map((weight, i) => ({ name: `${weight}/${i}`, weight })));

          const { rows } = await page(
            new Lister(new FakeClock()).list(listing, { ...ALL, sort: "bytes", limit }),
          );

          const heaviest = [...weights].sort((a, b) => b - a).slice(0, limit);
          expect(rows.map((row) => Number(row.split("/")[0]))).toEqual(heaviest);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("puts what has no age last", async () => {
    const listing = listingOf([
      { name: "none", weight: 0 },
      { name: "old", weight: 9 },
      { name: "young", weight: 1 },
    ]);

    const { rows } = await page(new Lister(new FakeClock()).list(listing, { ...ALL, sort: "age" }));

    expect(rows).toEqual(["old", "young", "none"]);
  });

  it("never looks at many items within one turn of the event loop", async () => {
    let turn = 0;
    let inTurn = 0;
    let most = 0;
    const count = (): void => {
      turn++;
      inTurn = 0;
      if (turn < 1e6) immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    function* many(): Generator<Thing> {
      for (const thing of things(50_000)) {
        most = Math.max(most, ++inTurn);
        yield thing;
      }
    }

    await new Lister(new FakeClock()).list(listingOf(many()), { ...ALL, sort: "bytes" });
    await new Lister(new FakeClock()).list(listingOf(many()), { ...ALL, filter: "none" });
    clearImmediate(immediate);

    expect(most).toBeLessThanOrEqual(1024);
    expect(turn).toBeGreaterThan(50);
  });

  it("ends a page after many items that nobody wanted, and goes on from there", async () => {
    const lister = new Lister(new FakeClock());
    const listing = listingOf([...things(150_000), { name: "wanted", weight: 1 }]);

    const first = await page(lister.list(listing, { ...ALL, filter: "wanted" }));
    const second = await page(lister.list(listing, { ...ALL, cursor: first.cursor ?? "" }));

    expect(first.rows).toEqual([]);
    expect(second).toEqual({ rows: ["wanted"], cursor: null });
  });

  it("gives each cursor once, for a minute, and keeps sixteen of them", async () => {
    const clock = new FakeClock();
    const lister = new Lister(clock);
    const listing = listingOf(things(10));
    const begin = async () => (await page(lister.list(listing, { ...ALL, limit: 1 }))).cursor ?? "";
    const cursors: string[] = [];
    for (let i = 0; i < 17; i++) cursors.push(await begin());
    const ask = (cursor = "") => lister.list(listing, { ...ALL, limit: 1, cursor });

    expect(await ask("made up")).toBe("unknown cursor");
    expect(await ask(cursors[0])).toBe("unknown cursor");
    expect(await ask(cursors[1])).toMatchObject({ rows: ["n1"] });
    expect(await ask(cursors[1])).toBe("unknown cursor");
    await clock.advance(60_001);
    expect(await ask(cursors[2])).toBe("unknown cursor");
  });

  it("knows no cursor of another list, and leaves it good for its own", async () => {
    const lister = new Lister(new FakeClock());
    const [one, other] = [listingOf(things(10)), listingOf(things(10))];
    const { cursor } = await page(lister.list(one, { ...ALL, limit: 1 }));

    const query = { ...ALL, limit: 1, cursor: cursor ?? "" };
    expect(await lister.list(other, query)).toBe("unknown cursor");
    expect(await lister.list(one, query)).toMatchObject({ rows: ["n1"] });
  });

  it("is sorted for two at a time", async () => {
    const lister = new Lister(new FakeClock());
    const sorted = () => lister.list(listingOf(things(5000)), { ...ALL, sort: "messages", limit: 1 });

    const [first, second, third] = await Promise.all([sorted(), sorted(), sorted()]);

    expect(first).toEqual(second);
    expect(third).toBe("busy");
    expect(await sorted()).toEqual(first);
  });
});
