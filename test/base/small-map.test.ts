import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SmallMap } from "../../src/base/small-map.ts";

const key = fc.constantFrom("a", "b", "c");
const change = fc.oneof(
  fc.record({ do: fc.constant("set" as const), key, value: fc.nat() }),
  fc.record({ do: fc.constant("delete" as const), key }),
);

describe("SmallMap", () => {
  it("holds what a Map holds after any changes, in the same order", () => {
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const small = new SmallMap<string, number>();
        const map = new Map<string, number>();
        for (const next of changes) {
          if (next.do === "delete") expect(small.delete(next.key)).toBe(map.delete(next.key));
          else {
            small.set(next.key, next.value);
            map.set(next.key, next.value);
          }
          expect([...small]).toEqual([...map]);
          expect([...small.keys()]).toEqual([...map.keys()]);
          expect([...small.values()]).toEqual([...map.values()]);
          expect([small.size, small.get("a"), small.has("b")]).toEqual([
            map.size,
            map.get("a"),
            map.has("b"),
          ]);
        }
      }),
    );
  });
});
