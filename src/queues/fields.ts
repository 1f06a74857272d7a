import type { FieldType, FieldValue } from "../base/field-table.ts";

/** Names of field types as RabbitMQ's errors give them. */
const TYPE_NAMES: Readonly<Record<FieldType, string>> = {
  t: "bool",
  b: "byte",
  B: "unsignedbyte",
  s: "short",
  u: "unsignedshort",
  I: "signedint",
  i: "unsignedint",
  l: "long",
  f: "float",
  d: "double",
  D: "decimal",
  T: "timestamp",
  S: "longstr",
  x: "binary",
  A: "array",
  F: "table",
  V: "void",
};

export function typeName(field: FieldValue): string {
  return TYPE_NAMES[field.type];
}

/** A value as text, for errors. */
export function shownField(field: FieldValue): string {
  if (field.type === "S") return field.value.toString("utf8");
  switch (field.type) {
    case "x":
      return field.value.toString("latin1");
    case "A":
      return `[${field.value.map(shownField).join(",")}]`;
    case "F":
      return `{${field.value.map((entry) => `${entry.name}:${shownField(entry.field)}`).join(",")}}`;
    case "D":
      return `${field.value.digits}e-${field.value.scale}`;
    default:
      return String(field.value);
  }
}
