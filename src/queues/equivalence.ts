import { isEquivalent } from "../base/field-equality.ts";
import type { FieldTable, FieldValue } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { fieldNamed, textField } from "../base/table-fields.ts";
import { shownField, typeName } from "./fields.ts";

/** The only default that RabbitMQ takes for the same as nothing. */
const DEFAULTS: Readonly<Record<string, FieldValue | undefined>> = {
  "x-queue-type": textField("classic"),
};

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
    const [one, other] = [argumentOf(received, name), argumentOf(current, name)];
    if (one === undefined && other === undefined) continue;
    if (one !== undefined && other !== undefined && isEquivalent(one, other)) continue;
    const isSameType = one?.type === other?.type;
    throw inequivalent(what, name, shown(one, isSameType), shown(other, isSameType));
  }
}

/** An argument that is not there stands for its default. */
function argumentOf(table: FieldTable, name: string): FieldValue | undefined {
  return fieldNamed(table, name) ?? DEFAULTS[name];
}

function inequivalent(what: string, property: string, received: string, current: string): Refusal {
  const text = `inequivalent arg '${property}' for ${what}: received ${received} but current is ${current}`;
  return new Refusal("precondition", text);
}

function shown(field: FieldValue | undefined, isSameType: boolean): string {
  if (field === undefined) return "none";
  const value = `'${shownField(field)}'`;
  return isSameType ? value : `the value ${value} of type '${typeName(field)}'`;
}
