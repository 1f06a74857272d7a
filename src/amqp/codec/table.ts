import type { FieldTable } from "../../base/field-table.ts";

export const EMPTY_TABLE: FieldTable = [];

/** Tables and arrays inside each other; deeper ones are refused. */
export const DEEPEST_TABLE = 32;
