import { describe, expect, it } from "vitest";
import type { FieldTable } from "../../src/base/field-table.ts";
import {
  fieldNamed,
  integerOf,
  textField,
  textOf,
  withField,
  withoutField,
} from "../../src/base/table-fields.ts";

const VOID = { type: "V", value: null } as const;
const one = { type: "I", value: 1 } as const;
const two = { type: "I", value: 2 } as const;
const TWICE: FieldTable = [
  { name: "a", field: one },
  { name: "b", field: VOID },
  { name: "a", field: two },
];

describe("a table's entries", () => {
  it("are found by name, the first of several", () => {
    expect(fieldNamed(TWICE, "a")).toBe(one);
    expect(fieldNamed(TWICE, "c")).toBeUndefined();
  });

  it("go by name, all of them", () => {
    expect(withoutField(TWICE, "a")).toEqual([{ name: "b", field: VOID }]);
  });

  it("are replaced in their place, once", () => {
    expect(withField(TWICE, "a", VOID)).toEqual([
      { name: "a", field: VOID },
      { name: "b", field: VOID },
    ]);
  });

  it("are added behind the others", () => {
    expect(withField([{ name: "a", field: one }], "c", two)).toEqual([
      { name: "a", field: one },
      { name: "c", field: two },
    ]);
  });
});

describe("a single value", () => {
  it("is a whole number when its type is one", () => {
    const types = ["b", "B", "s", "u", "I", "i"] as const;

    expect(types.map((type) => integerOf({ type, value: 7 }))).toEqual(types.map(() => 7));
    expect(integerOf({ type: "l", value: 7n })).toBe(7);
    expect(integerOf({ type: "l", value: 2n ** 60n })).toBe(2 ** 60);
    expect(integerOf({ type: "d", value: 7 })).toBeUndefined();
    expect(integerOf({ type: "T", value: 7n })).toBeUndefined();
  });

  it("is a text when it is a long string", () => {
    expect(textOf(textField("ü"))).toBe("ü");
    expect(textOf({ type: "x", value: Buffer.from("a") })).toBeUndefined();
    expect(textOf(undefined)).toBeUndefined();
  });
});
