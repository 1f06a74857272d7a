import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Unsettled } from "../../../src/amqp/channel/unsettled.ts";

function filled(...tags: number[]): Unsettled<{ deliveryTag: number }> {
  const unsettled = new Unsettled<{ deliveryTag: number }>();
  for (const deliveryTag of tags) unsettled.add({ deliveryTag });
  return unsettled;
}

const tagsOf = (taken: { deliveryTag: number }[] | undefined): number[] | undefined =>
  taken?.map(({ deliveryTag }) => deliveryTag);

describe("Unsettled deliveries of a channel", () => {
  it("gives out each delivery tag once", () => {
    const unsettled = filled(1, 2, 4);

    expect(unsettled.take(2)).toEqual({ deliveryTag: 2 });
    expect(unsettled.take(2)).toBeUndefined();
    expect(unsettled.take(3)).toBeUndefined();
    expect(unsettled.count).toBe(2);
  });

  it("takes all up to a delivery tag, without those settled before", () => {
    const unsettled = filled(1, 2, 3, 5, 8);
    unsettled.take(2);

    expect(tagsOf(unsettled.takeUpTo(5))).toEqual([1, 3, 5]);
    expect(unsettled.takeUpTo(5)).toBeUndefined();
    expect(unsettled.count).toBe(1);
  });

  it("refuses to settle up to a delivery tag that is not there", () => {
    expect(filled(1, 3).takeUpTo(2)).toBeUndefined();
  });

  it("takes back what a transaction that was rolled back had settled", () => {
    const unsettled = filled(1, 2, 3);
    const taken = unsettled.takeUpTo(2) ?? [];
    unsettled.restore(taken);

    expect(tagsOf(unsettled.takeUpTo(3))).toEqual([1, 2, 3]);
  });

  it("takes back, in order, what it has kept a place for and what it has not", () => {
    const unsettled = filled(...Array.from({ length: 3000 }, (_, i) => i + 1));
    const early = unsettled.takeUpTo(2000) ?? []; // most of the list: it is made anew
    const late = [2500, 2100].flatMap((deliveryTag) => unsettled.take(deliveryTag) ?? []);
    unsettled.restore([...late, ...early]);

    expect(unsettled.count).toBe(3000);
    expect(tagsOf(unsettled.takeUpTo(2500))).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1));
    expect(unsettled.count).toBe(500);
  });

  it("keeps no more than twice what is not settled, though the first never is", () => {
    const unsettled = filled(1);
    for (let deliveryTag = 2; deliveryTag < 100_000; deliveryTag++) {
      unsettled.add({ deliveryTag });
      unsettled.take(deliveryTag);
    }

    expect(unsettled.count).toBe(1);
    expect(tagsOf(unsettled.takeAll())).toEqual([1]);
  });

  it("takes each out once while thousands come and go a hundred at a time", () => {
    const unsettled = new Unsettled<{ deliveryTag: number }>();
    const taken: number[] = [];
    for (let deliveryTag = 1; deliveryTag <= 10_000; deliveryTag++) {
      unsettled.add({ deliveryTag });
      if (deliveryTag % 100 === 0 && deliveryTag > 500) {
        taken.push(...(tagsOf(unsettled.takeUpTo(deliveryTag - 500)) ?? []));
      }
    }

    expect(taken).toEqual(Array.from({ length: 9500 }, (_, i) => i + 1));
    expect(unsettled.count).toBe(500);
  });

  it("behaves as an ordered map", () => {
    const step = fc.oneof(
      fc.constant({ kind: "add" as const, tag: 0 }),
      fc.record({
        kind: fc.constantFrom("take" as const, "upTo" as const),
        tag: fc.integer({ min: 1, max: 60 }),
      }),
    );
    void fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const unsettled = new Unsettled<{ deliveryTag: number }>();
        const model = new Set<number>();
        let last = 0;
        for (const { kind, tag } of steps) {
          if (kind === "add") {
            model.add(++last);
            unsettled.add({ deliveryTag: last });
          } else if (kind === "take") {
            expect(unsettled.take(tag) !== undefined).toBe(model.delete(tag));
          } else {
            const expected = model.has(tag) ? [...model].filter((known) => known <= tag) : undefined;
            expect(tagsOf(unsettled.takeUpTo(tag))).toEqual(expected);
            for (const known of expected ?? []) model.delete(known);
          }
          expect(unsettled.count).toBe(model.size);
        }
      }),
    );
  });
});
