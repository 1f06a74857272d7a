import { describe, expect, it } from "vitest";
import { isEquivalent } from "../../src/base/field-equality.ts";
import type { FieldValue } from "../../src/base/field-table.ts";

const text = (value: string): FieldValue => ({ type: "S", value: Buffer.from(value) });
const int = (value: number): FieldValue => ({ type: "I", value });

describe("two field values are the same", () => {
  it("as whole numbers of any width and sign with one value", () => {
    const tens: readonly FieldValue[] = [
      ...(["b", "B", "s", "u", "I", "i"] as const).map((type) => ({ type, value: 10 })),
      { type: "l", value: 10n },
    ];

    expect(tens.flatMap((one) => tens.map((other) => isEquivalent(one, other)))).not.toContain(false);
    expect(isEquivalent({ type: "l", value: 2n ** 53n + 1n }, { type: "l", value: 2n ** 53n })).toBe(false);
    expect(isEquivalent(int(11), { type: "l", value: 10n })).toBe(false);
  });

  it("never as 10 and 10.0", () => {
    expect(isEquivalent(int(10), { type: "d", value: 10 })).toBe(false);
    expect(isEquivalent({ type: "f", value: 10 }, { type: "d", value: 10 })).toBe(true);
  });

  it("never as a number and a timestamp", () => {
    expect(isEquivalent({ type: "l", value: 1n }, { type: "T", value: 1n })).toBe(false);
    expect(isEquivalent({ type: "T", value: 1n }, { type: "T", value: 1n })).toBe(true);
  });

  it("as strings with the same bytes, but not as text and bytes", () => {
    expect(isEquivalent(text("a"), text("a"))).toBe(true);
    expect(
      isEquivalent({ type: "S", value: Buffer.from([0xff]) }, { type: "S", value: Buffer.from([0xfe]) }),
    ).toBe(false);
    expect(isEquivalent(text("a"), { type: "x", value: Buffer.from("a") })).toBe(false);
    expect(isEquivalent(text("10"), int(10))).toBe(false);
  });

  it("as decimals with the same scale and digits", () => {
    const decimal = (scale: number, digits: number): FieldValue => ({ type: "D", value: { scale, digits } });

    expect(isEquivalent(decimal(1, 5), decimal(1, 5))).toBe(true);
    expect(isEquivalent(decimal(1, 5), decimal(2, 50))).toBe(false);
    expect(isEquivalent(decimal(1, 5), decimal(1, 6))).toBe(false);
  });

  it("as lists and tables with the same values in the same order", () => {
    const list = (...value: FieldValue[]): FieldValue => ({ type: "A", value });
    const table = (...names: string[]): FieldValue => ({
      type: "F",
      value: names.map((name) => ({ name, field: int(1) })),
    });

    expect(isEquivalent(list(int(1), text("a")), list({ type: "b", value: 1 }, text("a")))).toBe(true);
    expect(isEquivalent(list(int(1)), list(text("1")))).toBe(false);
    expect(isEquivalent(list(int(1)), list(int(1), int(1)))).toBe(false);
    expect(isEquivalent(table("a", "b"), table("a", "b"))).toBe(true);
    expect(isEquivalent(table("a", "b"), table("b", "a"))).toBe(false);
    expect(isEquivalent(table("a"), table("a", "b"))).toBe(false);
  });

  it("as void and void, and as nothing and nothing, but not as void and nothing", () => {
    const none: FieldValue = { type: "V", value: null };

    expect(isEquivalent(none, none)).toBe(true);
    expect(isEquivalent(undefined, undefined)).toBe(true);
    expect(isEquivalent(none, undefined)).toBe(false);
    expect(isEquivalent(undefined, none)).toBe(false);
  });

  it("as booleans", () => {
    expect(isEquivalent({ type: "t", value: true }, { type: "t", value: true })).toBe(true);
    expect(isEquivalent({ type: "t", value: true }, { type: "t", value: false })).toBe(false);
  });
});
