import { isEquivalent } from "../base/field-equality.ts";
import type { FieldTable } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { fieldNamed, textOf } from "../base/table-fields.ts";
import { shownField, typeName } from "./fields.ts";

type Mode = "all" | "any" | "all-with-x" | "any-with-x";
const MODES: readonly string[] = ["all", "any", "all-with-x", "any-with-x"];

/** What a binding of a headers exchange asks of a message (AMQP 0-9-1 §3.1.3.4). */
export interface HeadersMatch {
  readonly isForAny: boolean;
  readonly wanted: FieldTable;
}

/** Throws a Refusal for an x-match that makes no sense. */
export function readHeadersMatch(bindingArguments: FieldTable): HeadersMatch {
  const mode = readMode(bindingArguments);
  const isWithX = mode.endsWith("-with-x");
  return {
    isForAny: mode.startsWith("any"),
    wanted: bindingArguments.filter(({ name }) => name !== "x-match" && (isWithX || !name.startsWith("x-"))),
  };
}

/** A void value in the binding asks only that the header is there. */
export function matchesHeaders({ isForAny, wanted }: HeadersMatch, headers: FieldTable): boolean {
  const isMet = ({ name, field }: FieldTable[number]): boolean => {
    const found = fieldNamed(headers, name);
    return found !== undefined && (field.type === "V" || isEquivalent(field, found));
  };
  return isForAny ? wanted.some(isMet) : wanted.every(isMet);
}

function readMode(bindingArguments: FieldTable): Mode {
  const field = fieldNamed(bindingArguments, "x-match");
  if (field === undefined) return "all";
  const text = textOf(field);
  if (text === undefined) {
    const shown = `Invalid x-match field type '${typeName(field)}' (value ${shownField(field)}); expected longstr`;
    throw new Refusal("precondition", shown);
  }
  if (!MODES.includes(text)) {
    const expected = "expected all, any, all-with-x or any-with-x";
    throw new Refusal("precondition", `Invalid x-match field value '${text}'; ${expected}`);
  }
  return text as Mode;
}
