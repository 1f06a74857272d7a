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
});
