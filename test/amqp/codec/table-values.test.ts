import { describe, expect, it } from "vitest";
import { fromPlain, toPlain } from "../../../src/amqp/codec/table-values.ts";
import type { FieldTable } from "../../../src/base/field-table.ts";

const VOID = { type: "V", value: null } as const;
const one = { type: "I", value: 1 } as const;
const two = { type: "I", value: 2 } as const;
const TWICE: FieldTable = [
  { name: "a", field: one },
  { name: "b", field: VOID },
  { name: "a", field: two },
];

describe("a table made from plain values", () => {
  it("has RabbitMQ's usual types, and leaves undefined out", () => {
    const table = fromPlain({
      text: "a",
      yes: true,
      int: 2 ** 31 - 1,
      low: -(2 ** 31),
      long: 2 ** 31,
      big: 5n,
      half: 0.5,
      huge: 1e300,
      none: null,
      bytes: new Uint8Array([1]),
      date: new Date(1999),
      list: [1],
      inner: { a: "b" },
      absent: undefined,
    });

    expect(table).toEqual([
      { name: "text", field: { type: "S", value: Buffer.from("a") } },
      { name: "yes", field: { type: "t", value: true } },
      { name: "int", field: { type: "I", value: 2 ** 31 - 1 } },
      { name: "low", field: { type: "I", value: -(2 ** 31) } },
      { name: "long", field: { type: "l", value: 2n ** 31n } },
      { name: "big", field: { type: "l", value: 5n } },
      { name: "half", field: { type: "d", value: 0.5 } },
      { name: "huge", field: { type: "d", value: 1e300 } },
      { name: "none", field: VOID },
      { name: "bytes", field: { type: "x", value: Buffer.from([1]) } },
      { name: "date", field: { type: "T", value: 1n } },
      { name: "list", field: { type: "A", value: [one] } },
      {
        name: "inner",
        field: { type: "F", value: [{ name: "a", field: { type: "S", value: Buffer.from("b") } }] },
      },
    ]);
  });
});

describe("a table shown", () => {
  it("is what JSON can hold", () => {
    const table: FieldTable = [
      ...fromPlain({ text: "a", yes: true, n: 1, big: 2n ** 60n, far: 2n ** 40n, none: null }),
      ...fromPlain({ bytes: new Uint8Array([255]), list: [1, "b"], inner: { a: 0.5 } }),
      { name: "price", field: { type: "D", value: { scale: 2, digits: 125 } } },
    ];

    expect(JSON.parse(JSON.stringify(toPlain(table)))).toEqual({
      text: "a",
      yes: true,
      n: 1,
      big: "1152921504606846976",
      far: 2 ** 40,
      none: null,
      bytes: "/w==",
      list: [1, "b"],
      inner: { a: 0.5 },
      price: 1.25,
    });
  });

  it("shows the first of several entries, and names objects know", () => {
    const shown = toPlain([...TWICE, { name: "__proto__", field: two }]);

    expect(Object.entries(shown)).toEqual([
      ["a", 1],
      ["b", null],
      ["__proto__", 2],
    ]);
  });
});
