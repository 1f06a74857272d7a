import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldReader } from "../../../src/amqp/codec/field-reader.ts";
import { FieldWriter } from "../../../src/amqp/codec/field-writer.ts";
import { DEEPEST_TABLE, EMPTY_TABLE } from "../../../src/amqp/codec/table.ts";
import { readTable, skipTable } from "../../../src/amqp/codec/table-reader.ts";
import { fromPlain } from "../../../src/amqp/codec/table-values.ts";
import { writeTable } from "../../../src/amqp/codec/table-writer.ts";
import type { FieldTable, FieldValue } from "../../../src/base/field-table.ts";
import { tableCodec } from "./amqplib-definitions.ts";
import { tables } from "./arbitrary-methods.ts";
import { amqpErrorOf, hex } from "./collecting.ts";

function encode(table: FieldTable): Buffer {
  const writer = new FieldWriter();
  writeTable(writer, table);
  return writer.finish();
}

function decode(bytes: Buffer): FieldTable {
  const reader = new FieldReader(bytes, 0, bytes.length);
  const table = readTable(reader);
  reader.finish();
  return table;
}

function skip(bytes: Buffer): number {
  const reader = new FieldReader(bytes, 0, bytes.length);
  skipTable(reader);
  return reader.position;
}

/** A table with one entry "n". */
function one(field: FieldValue): FieldTable {
  return [{ name: "n", field }];
}

/** Values as RabbitMQ reads them: name, bytes of the value with its tag. */
const VALUES: readonly (readonly [string, string, FieldValue])[] = [
  ["boolean", "74 01", { type: "t", value: true }],
  ["signed octet", "62 ff", { type: "b", value: -1 }],
  ["octet", "42 ff", { type: "B", value: 255 }],
  ["signed short", "73 fffe", { type: "s", value: -2 }],
  ["short", "75 fffe", { type: "u", value: 65534 }],
  ["signed long", "49 ffffffff", { type: "I", value: -1 }],
  ["long", "69 ffffffff", { type: "i", value: 0xffff_ffff }],
  ["signed longlong", "6c ffffffffffffffff", { type: "l", value: -1n }],
  ["float", "66 3fc00000", { type: "f", value: 1.5 }],
  ["double", "64 4024000000000000", { type: "d", value: 10 }],
  ["decimal", "44 02 0000007b", { type: "D", value: { scale: 2, digits: 123 } }],
  ["long string", "53 00000002 c328", { type: "S", value: hex("c328") }],
  [
    "array",
    "41 00000004 42 01 42 02",
    {
      type: "A",
      value: [
        { type: "B", value: 1 },
        { type: "B", value: 2 },
      ],
    },
  ],
  ["timestamp", "54 ffffffffffffffff", { type: "T", value: 2n ** 64n - 1n }],
  ["table", "46 00000003 01 61 56", { type: "F", value: [{ name: "a", field: { type: "V", value: null } }] }],
  ["void", "56", { type: "V", value: null }],
  ["byte array", "78 00000001 00", { type: "x", value: hex("00") }],
];

describe("field tables (AMQP 0-9-1 §4.2.5.5)", () => {
  for (const [what, bytes, field] of VALUES) {
    it(`hold a ${what}`, () => {
      const entry = Buffer.concat([hex("01 6e"), hex(bytes)]);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(entry.length);
      const table = Buffer.concat([length, entry]);

      expect(decode(table)).toEqual(one(field));
      expect(encode(one(field)).toString("hex")).toBe(table.toString("hex"));
    });
  }

  it("come back as they were written, order and repeated names kept", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const bytes = encode(table);

        expect(decode(bytes)).toEqual(table);
        expect(skip(bytes)).toBe(bytes.length);
      }),
    );
  });

  it("keep their bytes when what they were read from changes", () => {
    const bytes = encode(one({ type: "S", value: Buffer.from("kept") }));

    const table = decode(bytes);
    bytes.fill(0);

    expect(table).toEqual(one({ type: "S", value: Buffer.from("kept") }));
  });

  it("are one constant when empty", () => {
    expect(decode(hex("00000000"))).toBe(EMPTY_TABLE);
  });

  it("are read by amqplib with the same values", () => {
    const plain = {
      text: "ü",
      whole: 7,
      far: 2 ** 40,
      half: 0.5,
      yes: true,
      none: null,
      list: [1, "a"],
      inner: { a: -1 },
    };
    const bytes = encode(fromPlain(plain));

    expect(tableCodec.decodeFields(bytes.subarray(4))).toEqual(plain);
  });

  it("of amqplib come back byte for byte", () => {
    const space = Buffer.alloc(1000);
    const plain = { small: 1, short: 300, int: 70_000, far: 2 ** 40, half: 0.5, text: "ü", list: [[], {}] };
    const bytes = space.subarray(0, tableCodec.encodeTable(space, plain, 0));

    expect(encode(decode(bytes)).toString("hex")).toBe(bytes.toString("hex"));
  });
});

describe("bytes that are no field table", () => {
  const refused = (bytes: string, replyCode: number): void => {
    const table = hex(bytes);

    expect(amqpErrorOf(() => decode(table))).toMatchObject({ replyCode, scope: "connection" });
    expect(amqpErrorOf(() => skip(table))).toMatchObject({ replyCode });
  };

  it("are refused when the table is longer than what holds it", () => {
    refused("00000004 01 61 56", 501);
    refused("ffffffff 01 61 56", 501);
  });

  it("are refused when a value is longer than its table", () => {
    refused("00000008 01 61 53 00000009 61", 501);
    refused("0000000a 01 61 46 00000003 01 62 42 01", 501);
    refused("00000009 01 61 41 00000001 42 01", 501);
  });

  it("are refused when a tag is unknown", () => {
    refused("00000003 01 61 5a", 501);
  });

  it("are refused when a name is not UTF-8", () => {
    refused("00000004 02 c328 56", 502);
  });

  it("are refused when nested too deep, whether tables or arrays", () => {
    const nested = (depth: number, name: string, tag: string): string => {
      let table = "00000000";
      for (let i = 1; i < depth; i++) {
        const inner = `${i === depth - 1 ? "01 6e" : name}${tag}${table}`.replaceAll(" ", "");
        table = (inner.length / 2).toString(16).padStart(8, "0") + inner;
      }
      return table;
    };

    expect(decode(hex(nested(DEEPEST_TABLE, "016e", "46")))).toHaveLength(1);
    expect(decode(hex(nested(DEEPEST_TABLE, "", "41")))).toHaveLength(1);
    refused(nested(DEEPEST_TABLE + 1, "016e", "46"), 502);
    refused(nested(DEEPEST_TABLE + 1, "", "41"), 502);
    refused(nested(5000, "016e", "46"), 502);
  });

  it("are never written: too deep, or with a name that is too long", () => {
    let table: FieldTable = EMPTY_TABLE;
    for (let depth = 0; depth < DEEPEST_TABLE; depth++) table = one({ type: "F", value: table });

    expect(() => encode(table)).toThrow("nested too deep");
    expect(() => encode([{ name: "n".repeat(256), field: { type: "V", value: null } }])).toThrow("255 bytes");
  });
});
