import { parse } from "yaml";
import { z } from "zod";
import { ConfigError, describe } from "../base/errors.ts";
import { nearestName } from "./nearest-name.ts";
import { bare, defaultOf, type KeyPath, keysAt, schemasAt, valueAt } from "./schema-walk.ts";

type Schema = z.core.$ZodType;

/** One value from outside the file. */
export interface Override {
  readonly path: KeyPath;
  /** `CAUSEWAY_MQTT__MAXIMUMQOS` or `--set mqtt.maximumQoS`: what an error names. */
  readonly origin: string;
}

/** How a source writes a path: `CAUSEWAY_A__0__B` or `a.0.b`. */
interface Notation {
  readonly segments: readonly string[];
  readonly origin: string;
  readonly value: string;
  matches(written: string, key: string): boolean;
  format(segments: readonly string[]): string;
}

const PREFIX = "CAUSEWAY_";

/** An environment variable as an override: keys without regard to case, `__` between them. */
export function fromEnvironment(name: string, value: string): Notation {
  return {
    segments: name.slice(PREFIX.length).split("__"),
    origin: name,
    value,
    matches: (written, key) => written.toLowerCase() === key.toLowerCase(),
    format: (segments) => PREFIX + segments.join("__").toUpperCase(),
  };
}

/** A `--set path.to.key=value` as an override. */
export function fromArgument(argument: string): Notation {
  const equals = argument.indexOf("=");
  if (equals < 1) throw new ConfigError(`--set ${argument}: must be path.to.key=value`);
  const path = argument.slice(0, equals);
  return {
    segments: path.split("."),
    origin: `--set ${path}`,
    value: argument.slice(equals + 1),
    matches: (written, key) => written === key,
    format: (segments) => segments.join("."),
  };
}

/** Writes one value into the tree; throws a ConfigError when its key is not known or its value is no YAML. */
export function applyOverride(tree: unknown, root: Schema, notation: Notation): Override {
  const path = resolve(tree, root, notation);
  let container = tree;
  for (let depth = 1; depth < path.length; depth++) {
    container = enter(container, path.slice(0, depth), root, tree);
  }
  const schemas = schemasAt(root, path, tree);
  put(container, path.at(-1) ?? "", toValue(notation, schemas));
  return { path, origin: notation.origin };
}

/** From the words of the source to the keys of the schema. */
function resolve(tree: unknown, root: Schema, notation: Notation): KeyPath {
  const path: (string | number)[] = [];
  for (const [index, written] of notation.segments.entries()) {
    const isList = schemasAt(root, path, tree).some((schema) => bare(schema) instanceof z.ZodArray);
    const segment = isList
      ? toPosition(written, path, root, tree, notation)
      : keysAt(root, path, tree).find((key) => notation.matches(written, key));
    if (segment === undefined) throw unknownKey(notation, index, keysAt(root, path, tree));
    path.push(segment);
  }
  return path;
}

function toPosition(
  written: string,
  path: KeyPath,
  root: Schema,
  tree: unknown,
  { origin }: Notation,
): number {
  const list = path.reduce(valueAt, tree) ?? defaultOf(schemasAt(root, path, tree)[0] ?? root);
  const length = Array.isArray(list) ? list.length : 0;
  if (/^\d+$/.test(written) && Number(written) <= length) return Number(written);
  throw new ConfigError(
    `${origin}: ${path.join(".")} is a list of ${length}: its position must be a number from 0 to ${length}`,
  );
}

function unknownKey(notation: Notation, index: number, known: readonly string[]): ConfigError {
  const nearest = nearestName(notation.segments[index] ?? "", known);
  const rest = notation.segments.slice(index + 1);
  const before = notation.segments.slice(0, index);
  const hint =
    nearest === undefined ? "" : `; did you mean ${notation.format([...before, nearest, ...rest])}?`;
  return new ConfigError(`${notation.origin}: no such key${hint}`);
}

/** The mapping or list at `path`, made from its default when the file has none. */
function enter(container: unknown, path: KeyPath, root: Schema, tree: unknown): unknown {
  const segment = path.at(-1) ?? "";
  const present = valueAt(container, segment);
  if (typeof present === "object" && present !== null) return present;
  const schema = schemasAt(root, path, tree)[0] ?? root;
  const initial = defaultOf(schema);
  const isContainer = typeof initial === "object" && initial !== null;
  const made = isContainer ? initial : bare(schema) instanceof z.ZodArray ? [] : {};
  put(container, segment, made);
  return made;
}

function put(container: unknown, segment: string | number, value: unknown): void {
  if (typeof container !== "object" || container === null) return; // the file is no mapping: the schema says so
  Object.defineProperty(container, segment, { value, writable: true, enumerable: true, configurable: true });
}

/** Text stays as it is where text is wanted (a password of digits); everything else is read as YAML. */
function toValue({ value, origin }: Notation, schemas: readonly Schema[]): unknown {
  if (schemas.some((schema) => bare(schema) instanceof z.ZodString)) {
    const mayBeNull = schemas.some((schema) => z.safeParse(schema, null).success);
    return mayBeNull && (value === "null" || value === "") ? null : value;
  }
  try {
    return parse(value, { prettyErrors: false });
  } catch (cause) {
    throw new ConfigError(`${origin}: its value is not YAML: ${describe(cause)}`, { cause });
  }
}
