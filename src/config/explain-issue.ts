import { z } from "zod";
import { nearestName } from "./nearest-name.ts";
import { type KeyPath, keysAt, schemasAt, valueAt } from "./schema-walk.ts";

type Schema = z.core.$ZodType;
type Issue = z.core.$ZodIssue;

/** What is wrong at one key, in words an operator can act on. */
export interface Problem {
  readonly path: KeyPath;
  readonly text: string;
}

/** Every problem an issue of zod stands for, with what would be allowed instead. */
export function explainIssue(issue: Issue, root: Schema, tree: unknown): readonly Problem[] {
  const path = issue.path.filter((segment) => typeof segment !== "symbol");
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(path, key, keysAt(root, path, tree)));
    case "invalid_union":
      return explainUnion(issue, path, root, tree);
    case "custom":
    case "invalid_format":
      return [{ path, text: `${path.join(".")}: ${issue.message}` }];
    default:
      return [notAllowed(path, schemasAt(root, path, tree).map(allowed), tree)];
  }
}

function unknownKey(path: KeyPath, key: string, known: readonly string[]): Problem {
  const nearest = nearestName(key, known);
  const full = [...path, key];
  const hint = nearest === undefined ? `; known are ${known.join(", ")}` : `; did you mean ${nearest}?`;
  return { path: full, text: `unknown key ${full.join(".")}${hint}` };
}

function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: KeyPath,
  root: Schema,
  tree: unknown,
): readonly Problem[] {
  if ("options" in issue && Array.isArray(issue.options)) {
    return [notAllowed(path, [oneOf(issue.options)], tree)];
  }
  const fitting = issue.errors.find((branch) => !branch.some(isWrongKind));
  if (fitting === undefined) return [notAllowed(path, schemasAt(root, path, tree).map(allowed), tree)];
  return fitting.flatMap((inner) => explainIssue({ ...inner, path: [...path, ...inner.path] }, root, tree));
}

/** Whether the value is of another kind altogether: the mapping form of `false | mapping`, say, was not meant. */
function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function notAllowed(path: KeyPath, allowedTexts: readonly string[], tree: unknown): Problem {
  const value = path.reduce(valueAt, tree);
  const wanted = [...new Set(allowedTexts)].join(" or ");
  const name = path.length === 0 ? "" : `${path.join(".")}: `;
  const text =
    value === undefined ? `${name}is missing: ${wanted}` : `${name}must be ${wanted}${shown(path, value)}`;
  return { path, text };
}

const SECRET = /password|url/i;

function shown(path: KeyPath, value: unknown): string {
  if (path.some((segment) => SECRET.test(String(segment)))) return "";
  if (value === null) return ", not empty or null";
  if (typeof value === "object")
    return Array.isArray(value) ? `, not a list of ${value.length}` : ", not a mapping";
  const text = JSON.stringify(value);
  return `, not ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}

/** What a key takes, in words. */
function allowed(schema: Schema): string {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return allowed(schema.def.innerType);
  if (schema instanceof z.ZodNullable) return `${allowed(schema.def.innerType)} or null`;
  if (schema instanceof z.ZodPipe) return allowed(schema.def.in);
  if (schema instanceof z.ZodUnion) return schema.def.options.map(allowed).join(" or ");
  if (schema instanceof z.ZodEnum) return oneOf(schema.options);
  if (schema instanceof z.ZodLiteral) return oneOf(schema.def.values);
  if (schema instanceof z.ZodNumber) return `a whole number from ${schema.minValue} to ${schema.maxValue}`;
  if (schema instanceof z.ZodString) return length(schema);
  if (schema instanceof z.ZodArray) return "a list with at least one entry";
  return schema instanceof z.ZodBoolean ? "true or false" : "a mapping of keys to values";
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`;
}

function length({ minLength, maxLength }: z.ZodString): string {
  if (maxLength !== null) return `text of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === null ? "text" : "text that is not empty";
}
