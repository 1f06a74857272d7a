import { isEquivalent } from "../base/field-equality.ts";
import type { FieldTable, FieldValue } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { fieldNamed, shownField, typeName } from "./fields.ts";

/** Redeclaring with another property is an error that names it (AMQP 0-9-1 queue.declare, exchange.declare). */
export function refuseOtherValue(
  what: string,
  property: string,
  received: boolean | string,
  current: boolean | string,
): void {
  if (received === current) return;
  throw inequivalent(what, property, `'${received}'`, `'${current}'`);
}

/** Compares those x-arguments that define the thing; others may come and go. */
export function refuseOtherArguments(
  what: string,
  names: readonly string[],
  received: FieldTable,
  current: FieldTable,
): void {
  for (const name of names) {
    const [one, other] = [fieldNamed(received, name), fieldNamed(current, name)];
    if (one === undefined && other === undefined) continue;
    if (one !== undefined && other !== undefined && isEquivalent(one, other)) continue;
    throw inequivalent(what, name, shown(one), shown(other));
  }
}

function inequivalent(what: string, property: string, received: string, current: string): Refusal {
  const text = `inequivalent arg '${property}' for ${what}: received ${received} but current is ${current}`;
  return new Refusal("precondition", text);
}

function shown(field: FieldValue | undefined): string {
  return field === undefined ? "none" : `the value '${shownField(field)}' of type '${typeName(field)}'`;
}
