import { assert } from "../../base/errors.ts";
import type { FieldTable, FieldValue } from "../../base/field-table.ts";
import type { FieldWriter } from "./field-writer.ts";
import { DEEPEST_TABLE } from "./table.ts";

const LENGTH_BYTES = 4;

/** Writes a table with its length. */
export function writeTable(writer: FieldWriter, table: FieldTable): void {
  writeEntries(writer, table, 1);
}

function writeEntries(writer: FieldWriter, table: FieldTable, depth: number): void {
  assert(depth <= DEEPEST_TABLE, "a table is nested too deep");
  const start = writer.reserve(LENGTH_BYTES);
  for (const { name, field } of table) {
    writer.shortString(name);
    writeValue(writer, field, depth);
  }
  writer.setLong(writer.length - start - LENGTH_BYTES, start);
}

function writeValues(writer: FieldWriter, values: readonly FieldValue[], depth: number): void {
  assert(depth <= DEEPEST_TABLE, "a table is nested too deep");
  const start = writer.reserve(LENGTH_BYTES);
  for (const value of values) writeValue(writer, value, depth);
  writer.setLong(writer.length - start - LENGTH_BYTES, start);
}

function writeValue(writer: FieldWriter, field: FieldValue, depth: number): void {
  writer.octet(field.type.charCodeAt(0));
  switch (field.type) {
    case "S":
    case "x":
      writer.longString(field.value);
      return;
    case "t":
      writer.octet(field.value ? 1 : 0);
      return;
    case "l":
    case "T":
      writeInt64(writer, field.value);
      return;
    case "D":
      writer.octet(field.value.scale);
      writer.long(field.value.digits);
      return;
    case "A":
      writeValues(writer, field.value, depth + 1);
      return;
    case "F":
      writeEntries(writer, field.value, depth + 1);
      return;
    case "V":
      return;
    default:
      writeNumber(writer, field.type, field.value);
  }
}

/** Both signs: the bits of a negative number are those of its two's complement. */
function writeInt64(writer: FieldWriter, value: bigint): void {
  const at = writer.reserve(8);
  writer.view.writeBigUInt64BE(BigInt.asUintN(64, value), at);
}

function writeNumber(
  writer: FieldWriter,
  type: "b" | "B" | "s" | "u" | "I" | "i" | "f" | "d",
  value: number,
): void {
  switch (type) {
    case "b":
    case "B":
      writer.octet(value & 0xff);
      return;
    case "s":
    case "u":
      writer.short(value & 0xffff);
      return;
    case "I":
    case "i":
      writer.long(value >>> 0);
      return;
    case "f": {
      const at = writer.reserve(4);
      writer.view.writeFloatBE(value, at);
      return;
    }
    case "d": {
      const at = writer.reserve(8);
      writer.view.writeDoubleBE(value, at);
    }
  }
}
