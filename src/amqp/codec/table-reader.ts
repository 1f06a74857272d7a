import type { FieldEntry, FieldTable, FieldValue } from "../../base/field-table.ts";
import type { FieldReader } from "./field-reader.ts";
import { DEEPEST_TABLE, EMPTY_TABLE } from "./table.ts";

/** Tags as bytes. */
const Tag = {
  Boolean: 0x74,
  Int8: 0x62,
  Uint8: 0x42,
  Int16: 0x73,
  Uint16: 0x75,
  Int32: 0x49,
  Uint32: 0x69,
  Int64: 0x6c,
  Float: 0x66,
  Double: 0x64,
  Decimal: 0x44,
  LongString: 0x53,
  Array: 0x41,
  Timestamp: 0x54,
  Table: 0x46,
  Void: 0x56,
  Bytes: 0x78,
} as const;

/** Bytes of the values whose length their tag tells. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map<number, number>([
  [Tag.Boolean, 1],
  [Tag.Int8, 1],
  [Tag.Uint8, 1],
  [Tag.Int16, 2],
  [Tag.Uint16, 2],
  [Tag.Int32, 4],
  [Tag.Uint32, 4],
  [Tag.Float, 4],
  [Tag.Decimal, 5],
  [Tag.Int64, 8],
  [Tag.Double, 8],
  [Tag.Timestamp, 8],
  [Tag.Void, 0],
]);

/** Table => length { name tag value }. A copy: what it returns may be kept. */
export function readTable(reader: FieldReader): FieldTable {
  const length = reader.long();
  return length === 0 ? EMPTY_TABLE : readEntries(reader.part(length), length, 1);
}

/** Checks a table as `readTable` does, without building it. */
export function skipTable(reader: FieldReader): void {
  skipEntries(reader, reader.long(), 1);
}

function readEntries(reader: FieldReader, length: number, depth: number): FieldTable {
  const end = endOf(reader, length, depth);
  const entries: FieldEntry[] = [];
  while (reader.position < end) {
    entries.push({ name: reader.shortString(), field: readValue(reader, depth) });
  }
  checkEnd(reader, end);
  return entries;
}

function readValues(reader: FieldReader, depth: number): FieldValue[] {
  const end = endOf(reader, reader.long(), depth);
  const values: FieldValue[] = [];
  while (reader.position < end) values.push(readValue(reader, depth));
  checkEnd(reader, end);
  return values;
}

function readValue(reader: FieldReader, depth: number): FieldValue {
  const tag = reader.octet();
  switch (tag) {
    case Tag.LongString:
      return { type: "S", value: readBytes(reader) };
    case Tag.Int32:
      return { type: "I", value: reader.buffer.readInt32BE(reader.skip(4)) };
    case Tag.Boolean:
      return { type: "t", value: reader.octet() !== 0 };
    case Tag.Int64:
      return { type: "l", value: reader.buffer.readBigInt64BE(reader.skip(8)) };
    case Tag.Table:
      return { type: "F", value: readEntries(reader, reader.long(), depth + 1) };
    case Tag.Array:
      return { type: "A", value: readValues(reader, depth + 1) };
    case Tag.Timestamp:
      return { type: "T", value: reader.buffer.readBigUInt64BE(reader.skip(8)) };
    case Tag.Void:
      return { type: "V", value: null };
    case Tag.Bytes:
      return { type: "x", value: readBytes(reader) };
    case Tag.Decimal:
      return { type: "D", value: { scale: reader.octet(), digits: reader.long() } };
    default:
      return readNumber(reader, tag);
  }
}

function readNumber(reader: FieldReader, tag: number): FieldValue {
  switch (tag) {
    case Tag.Int8:
      return { type: "b", value: reader.buffer.readInt8(reader.skip(1)) };
    case Tag.Uint8:
      return { type: "B", value: reader.octet() };
    case Tag.Int16:
      return { type: "s", value: reader.buffer.readInt16BE(reader.skip(2)) };
    case Tag.Uint16:
      return { type: "u", value: reader.short() };
    case Tag.Uint32:
      return { type: "i", value: reader.long() };
    case Tag.Float:
      return { type: "f", value: reader.buffer.readFloatBE(reader.skip(4)) };
    case Tag.Double:
      return { type: "d", value: reader.buffer.readDoubleBE(reader.skip(8)) };
    default:
      throw unknownTag(reader, tag);
  }
}

/** A view: the reader stands on the table's own copy. */
function readBytes(reader: FieldReader): Buffer {
  const length = reader.long();
  const start = reader.skip(length);
  return reader.buffer.subarray(start, start + length);
}

function skipEntries(reader: FieldReader, length: number, depth: number): void {
  const end = endOf(reader, length, depth);
  while (reader.position < end) {
    reader.skipShortString();
    skipValue(reader, depth);
  }
  checkEnd(reader, end);
}

function skipValues(reader: FieldReader, depth: number): void {
  const end = endOf(reader, reader.long(), depth);
  while (reader.position < end) skipValue(reader, depth);
  checkEnd(reader, end);
}

function skipValue(reader: FieldReader, depth: number): void {
  const tag = reader.octet();
  if (tag === Tag.LongString || tag === Tag.Bytes) reader.skip(reader.long());
  else if (tag === Tag.Table) skipEntries(reader, reader.long(), depth + 1);
  else if (tag === Tag.Array) skipValues(reader, depth + 1);
  else {
    const length = FIXED_BYTES.get(tag);
    if (length === undefined) throw unknownTag(reader, tag);
    reader.skip(length);
  }
}

/** Where the next `length` bytes end. */
function endOf(reader: FieldReader, length: number, depth: number): number {
  if (depth > DEEPEST_TABLE) throw reader.illegal(`a table nested deeper than ${DEEPEST_TABLE}`);
  const end = reader.position + length;
  if (end > reader.end) throw reader.undecodable("a table ends too early");
  return end;
}

/** The last value may not reach beyond the length that was announced. */
function checkEnd(reader: FieldReader, end: number): void {
  if (reader.position !== end) throw reader.undecodable("a value is longer than its table");
}

function unknownTag(reader: FieldReader, tag: number): Error {
  return reader.undecodable(`unknown type 0x${tag.toString(16)} in a table`);
}
