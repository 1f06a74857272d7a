import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deadlines } from "../../../src/mqtt/session/deadlines.ts";

function someDeadlines(now = 0): { deadlines: Deadlines<string>; due: string[] } {
  const due: string[] = [];
  return { deadlines: new Deadlines(now, (key) => due.push(key)), due };
}

describe("Deadlines", () => {
  it("fall due when their second has come, not before", () => {
    const { deadlines, due } = someDeadlines();
    deadlines.set("a", 2_500);

    deadlines.advance(2_999);
    expect(due).toEqual([]);
    deadlines.advance(3_000);

    expect(due).toEqual(["a"]);
    expect(deadlines.size).toBe(0);
  });

  it("fall due once, in the order of their seconds, when the clock leaps", () => {
    const { deadlines, due } = someDeadlines();
    deadlines.set("late", 9_000_000);
    deadlines.set("early", 5_000);
    deadlines.set("never", 99_000_000);

    deadlines.advance(10_000_000);
    deadlines.advance(10_001_000);

    expect(due).toEqual(["early", "late"]);
  });

  it("are replaced and cancelled", () => {
    const { deadlines, due } = someDeadlines();
    deadlines.set("a", 1_000);
    deadlines.set("a", 5_000);
    deadlines.set("b", 1_000);

    expect(deadlines.cancel("b")).toBe(true);
    expect(deadlines.cancel("b")).toBe(false);
    deadlines.advance(4_000);
    expect(due).toEqual([]);
    deadlines.advance(5_000);

    expect(due).toEqual(["a"]);
  });

  it("of the past fall due at the next advance", () => {
    const { deadlines, due } = someDeadlines(10_000);
    deadlines.set("a", 1_000);

    deadlines.advance(10_500);
    expect(due).toEqual([]);
    deadlines.advance(11_000);

    expect(due).toEqual(["a"]);
  });

  it("wait when the clock is set back", () => {
    const { deadlines, due } = someDeadlines(10_000);
    deadlines.set("a", 12_000);

    deadlines.advance(5_000);
    deadlines.advance(11_999);
    expect(due).toEqual([]);
    deadlines.advance(12_000);

    expect(due).toEqual(["a"]);
  });

  it("may be cancelled and set by one that falls due in the same second", () => {
    const due: string[] = [];
    const deadlines: Deadlines<string> = new Deadlines(0, (key) => {
      due.push(key);
      deadlines.cancel("b");
      deadlines.set("c", 0);
    });
    deadlines.set("a", 1_000);
    deadlines.set("b", 1_000);

    deadlines.advance(1_000);
    expect(due).toEqual(["a"]);
    deadlines.advance(2_000);

    expect(due).toEqual(["a", "c"]);
  });

  it("fall due a slice at a time: advance says whether there is more to do", () => {
    const { deadlines, due } = someDeadlines();
    for (let i = 0; i < 1_000; i++) deadlines.set(String(i), 500_000);

    let slices = 0;
    for (let hasMore = true; hasMore; slices++) {
      const before = due.length;
      hasMore = deadlines.advance(500_000, 10);
      expect(due.length - before).toBeLessThanOrEqual(10);
    }

    expect(due).toHaveLength(1_000);
    expect(slices).toBeGreaterThanOrEqual(100);
    expect(deadlines.advance(500_000, 10)).toBe(false);
  });

  it("fall due like a list that is searched each time, whatever is set, cancelled and waited for", () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const action = fc.oneof(
      fc.record({ do: fc.constant("set" as const), key, inMs: fc.integer({ min: -5_000, max: 400_000 }) }),
      fc.record({ do: fc.constant("cancel" as const), key }),
      fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 300_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { deadlines, due } = someDeadlines();
        const expected = new Map<string, number>();
        let now = 0;
        for (const next of actions) {
          if (next.do === "wait") {
            now += next.ms;
            deadlines.advance(now);
            const fallen = [...expected].filter(([, second]) => second <= Math.floor(now / 1000));
            for (const [one] of fallen) expected.delete(one);
            expect(due.splice(0).sort()).toEqual(fallen.map(([one]) => one).sort());
          } else if (next.do === "cancel") {
            expect(deadlines.cancel(next.key)).toBe(expected.delete(next.key));
          } else {
            deadlines.set(next.key, now + next.inMs);
            expected.set(next.key, Math.max(Math.ceil((now + next.inMs) / 1000), Math.floor(now / 1000) + 1));
          }
          expect(deadlines.size).toBe(expected.size);
        }
      }),
    );
  });
});
