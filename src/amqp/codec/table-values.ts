import type { FieldTable, FieldType, FieldValue } from "../../base/field-table.ts";

const INT32_MAX = 0x7fff_ffff;
const INTEGERS: ReadonlySet<FieldType> = new Set(["b", "B", "s", "u", "I", "i", "l"]);

/** The value of the first entry with that name. */
export function tableGet(table: FieldTable, name: string): FieldValue | undefined {
  for (const entry of table) {
    if (entry.name === name) return entry.field;
  }
  return undefined;
}

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
      return { type: "S", value: Buffer.from(value) };
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

/** The whole number in a value of any integer type; undefined for all else, and when no number can hold it. */
export function toInteger(field: FieldValue | undefined): number | undefined {
  if (field === undefined || !INTEGERS.has(field.type)) return undefined;
  const value = Number(field.value);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The text in a long string; undefined for all else. */
export function toText(field: FieldValue | undefined): string | undefined {
  return field?.type === "S" ? field.value.toString("utf8") : undefined;
}

/** The table without the entries of that name. */
export function tableWithout(table: FieldTable, name: string): FieldTable {
  return table.filter((entry) => entry.name !== name);
}

/** The table with that value in the place of the first entry of that name, or behind all others. */
export function tableWith(table: FieldTable, name: string, field: FieldValue): FieldTable {
  const at = table.findIndex((entry) => entry.name === name);
  if (at < 0) return [...table, { name, field }];
  return [...table.slice(0, at), { name, field }, ...tableWithout(table.slice(at + 1), name)];
}
