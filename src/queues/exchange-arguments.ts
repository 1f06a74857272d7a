import type { FieldTable } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { fieldNamed, textOf } from "../base/table-fields.ts";
import { EXCHANGE_TYPES, type ExchangeType } from "./exchange.ts";
import { shownField, typeName } from "./fields.ts";
import { described } from "./names.ts";

/** Throws a Refusal for a type that is not offered. */
export function toExchangeType(type: string): ExchangeType {
  if (!(EXCHANGE_TYPES as readonly string[]).includes(type)) {
    throw new Refusal("precondition", `invalid exchange type '${type}'`);
  }
  return type as ExchangeType;
}

/** Where a message goes that no binding matches. */
export function alternateExchangeOf(name: string, table: FieldTable, host: string): string | undefined {
  const field = fieldNamed(table, "alternate-exchange");
  if (field === undefined) return undefined;
  const text = textOf(field);
  if (text !== undefined) return text;
  const shown = `{unacceptable_type,${typeName(field)},${shownField(field)}}`;
  const what = described("exchange", name, host);
  throw new Refusal("precondition", `invalid arg 'alternate-exchange' for ${what}: ${shown}`);
}
