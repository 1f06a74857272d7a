import type { FieldTable, FieldValue } from "../../base/field-table.ts";
import { textField } from "../../base/table-fields.ts";

const INT32_MAX = 0x7fff_ffff;

/** What `fromPlain` takes. */
export type Plain =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | Date
  | readonly Plain[]
  | PlainTable;

export interface PlainTable {
  readonly [name: string]: Plain | undefined;
}

/** A table in the types RabbitMQ itself uses: S for text, I or l for whole numbers, d for others; undefined is left out. */
export function fromPlain(plain: PlainTable): FieldTable {
  return Object.entries(plain).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, field: toField(value) }],
  );
}

/** One value as `fromPlain` types it. */
export function toField(value: Plain): FieldValue {
  switch (typeof value) {
    case "string":
      return textField(value);
    case "boolean":
      return { type: "t", value };
    case "number":
      return toNumberField(value);
    case "bigint":
      return { type: "l", value };
    default:
      return toObjectField(value);
  }
}

function toNumberField(value: number): FieldValue {
  if (!Number.isSafeInteger(value)) return { type: "d", value };
  const fits = value >= -INT32_MAX - 1 && value <= INT32_MAX;
  return fits ? { type: "I", value } : { type: "l", value: BigInt(value) };
}

function toObjectField(value: null | Uint8Array | Date | readonly Plain[] | PlainTable): FieldValue {
  if (value === null) return { type: "V", value };
  if (value instanceof Uint8Array) return { type: "x", value: Buffer.from(value) };
  if (value instanceof Date) return { type: "T", value: BigInt(Math.floor(value.getTime() / 1000)) };
  if (isList(value)) return { type: "A", value: value.map(toField) };
  return { type: "F", value: fromPlain(value) };
}

function isList(value: readonly Plain[] | PlainTable): value is readonly Plain[] {
  return Array.isArray(value);
}

/** What `toPlain` gives: values JSON can show. */
export type Shown = string | number | boolean | null | readonly Shown[] | { readonly [name: string]: Shown };

/** For display only: types are lost, bytes become base64, what no number can hold becomes text, repeated names go. */
export function toPlain(table: FieldTable): { readonly [name: string]: Shown } {
  const shown = new Map<string, Shown>();
  for (const { name, field } of table) {
    if (!shown.has(name)) shown.set(name, show(field));
  }
  return Object.fromEntries(shown);
}

function show(field: FieldValue): Shown {
  switch (field.type) {
    case "S":
      return field.value.toString("utf8");
    case "x":
      return field.value.toString("base64");
    case "l":
    case "T":
      return Number.isSafeInteger(Number(field.value)) ? Number(field.value) : field.value.toString();
    case "D":
      return field.value.digits / 10 ** field.value.scale;
    case "A":
      return field.value.map(show);
    case "F":
      return toPlain(field.value);
    default:
      return field.value;
  }
}
