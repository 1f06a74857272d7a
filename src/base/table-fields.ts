import type { FieldTable, FieldType, FieldValue } from "./field-table.ts";

/** Whole numbers of every width. */
export const INTEGER_TYPES: ReadonlySet<FieldType> = new Set(["b", "B", "s", "u", "I", "i", "l"]);

/** The value of the first entry with that name. */
export function fieldNamed(table: FieldTable, name: string): FieldValue | undefined {
  for (const entry of table) {
    if (entry.name === name) return entry.field;
  }
  return undefined;
}

/** A whole number of any width, the nearest a number can hold; undefined for all else. */
export function integerOf(field: FieldValue): number | undefined {
  return INTEGER_TYPES.has(field.type) ? Number(field.value) : undefined;
}

/** The text in a long string; undefined for all else. */
export function textOf(field: FieldValue | undefined): string | undefined {
  return field?.type === "S" ? field.value.toString("utf8") : undefined;
}

/** Text as a long string. */
export function textField(text: string): FieldValue {
  return { type: "S", value: Buffer.from(text) };
}

/** The table without the entries of that name. */
export function withoutField(table: FieldTable, name: string): FieldTable {
  return table.filter((entry) => entry.name !== name);
}

/** The table with that value in the place of the first entry of that name, or behind all others. */
export function withField(table: FieldTable, name: string, field: FieldValue): FieldTable {
  const at = table.findIndex((entry) => entry.name === name);
  if (at < 0) return [...table, { name, field }];
  return [...table.slice(0, at), { name, field }, ...withoutField(table.slice(at + 1), name)];
}
