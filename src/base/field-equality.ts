import type { FieldTable, FieldValue } from "./field-table.ts";
import { INTEGER_TYPES } from "./table-fields.ts";

/**
 * RabbitMQ's equivalence of arguments: whole numbers of any width by value, likewise float and double, but 10 is not
 * 10.0; text and bytes differ; within tables order counts. Undefined stands for an argument that is not there.
 */
export function isEquivalent(one: FieldValue | undefined, other: FieldValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (classOf(one) !== classOf(other)) return false;
  switch (one.type) {
    case "S":
    case "x":
      return other.type === one.type && one.value.equals(other.value);
    case "A":
      return other.type === "A" && areEquivalentLists(one.value, other.value);
    case "F":
      return other.type === "F" && areEquivalentTables(one.value, other.value);
    case "D":
      return (
        other.type === "D" && one.value.scale === other.value.scale && one.value.digits === other.value.digits
      );
    default:
      return sameScalar(one.value, other.value);
  }
}

function classOf({ type }: FieldValue): string {
  if (INTEGER_TYPES.has(type)) return "integer";
  return type === "f" ? "d" : type;
}

/** A number and a bigint of the same value are the same. */
function sameScalar(one: unknown, other: unknown): boolean {
  if (typeof one === typeof other) return one === other;
  return typeof one === "bigint" ? one === toBigint(other) : other === toBigint(one);
}

function toBigint(value: unknown): bigint | undefined {
  return typeof value === "number" ? BigInt(value) : undefined;
}

function areEquivalentLists(one: readonly FieldValue[], other: readonly FieldValue[]): boolean {
  return one.length === other.length && one.every((value, i) => isEquivalent(value, other[i]));
}

function areEquivalentTables(one: FieldTable, other: FieldTable): boolean {
  if (one.length !== other.length) return false;
  return one.every(({ name, field }, i) => name === other[i]?.name && isEquivalent(field, other[i]?.field));
}
