import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ReturnedEntries } from "../../src/queues/returned-entries.ts";

describe("returned entries", () => {
  it("come out in order of their places, whatever order they came in", () => {
    const places = fc.uniqueArray(fc.nat(10_000), { maxLength: 200 });
    fc.assert(
      fc.property(places, places, (first, second) => {
        const entries = new ReturnedEntries();
        const add = (seq: number): void => entries.add({ seq, message: undefined, deliveryCount: 1 });
        const out: number[] = [];
        const take = (): void => {
          out.push(entries.first?.seq ?? -1);
          entries.removeFirst();
        };

        first.forEach(add);
        const half = Math.floor(first.length / 2);
        for (let i = 0; i < half; i++) take();
        const late = second.filter((seq) => !first.includes(seq));
        late.forEach(add);
        while (entries.count > 0) take();

        const sorted = first.toSorted((a, b) => a - b);
        const rest = [...sorted.slice(half), ...late].sort((a, b) => a - b);
        expect(out).toEqual([...sorted.slice(0, half), ...rest]);
      }),
    );
  });

  it("have no first one when they are empty", () => {
    const entries = new ReturnedEntries();
    entries.add({ seq: 1, message: undefined, deliveryCount: 1 });

    entries.removeFirst();
    entries.removeFirst();

    expect([entries.first, entries.count]).toEqual([undefined, 0]);
  });
});
