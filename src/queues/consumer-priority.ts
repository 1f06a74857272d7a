import type { FieldTable } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { fieldNamed, integerOf } from "../base/table-fields.ts";
import { typeName } from "./fields.ts";

/** x-priority of basic.consume, a whole number of any width; 0 when absent. `queue` is what an error names. */
export function consumerPriorityOf(table: FieldTable, queue: string): number {
  const field = fieldNamed(table, "x-priority");
  if (field === undefined) return 0;
  const priority = integerOf(field);
  if (priority !== undefined) return priority;
  const why = `"expected integer, got ${typeName(field)}"`;
  throw new Refusal("precondition", `invalid arg 'x-priority' for ${queue}: ${why}`);
}
