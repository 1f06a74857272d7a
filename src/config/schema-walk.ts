import { z } from "zod";

type Schema = z.core.$ZodType;
/** Keys and list positions from the root of the configuration. */
export type KeyPath = readonly (string | number)[];

/** The type itself, without default, null and transformation around it. */
export function bare(schema: Schema): Schema {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return bare(schema.def.innerType);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return bare(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return bare(schema.def.in);
  return schema;
}

/** What a key is when nobody sets it; undefined when it has no default. */
export function defaultOf(schema: Schema): unknown {
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return undefined;
  return structuredClone(schema.def.defaultValue);
}

/** The schemas a value at `path` may have to satisfy; several when a `type` key that would decide is missing. */
export function schemasAt(root: Schema, path: KeyPath, tree: unknown): readonly Schema[] {
  let schemas: readonly Schema[] = [root];
  let value = tree;
  for (const segment of path) {
    const here = value;
    schemas = schemas.flatMap((schema) => alternatives(schema, here)).flatMap((each) => child(each, segment));
    value = valueAt(value, segment);
  }
  return schemas;
}

/** The keys that are known at `path`. */
export function keysAt(root: Schema, path: KeyPath, tree: unknown): readonly string[] {
  const value = path.reduce(valueAt, tree);
  const objects = schemasAt(root, path, tree).flatMap((schema) => alternatives(schema, value));
  return [
    ...new Set(objects.flatMap((each) => (each instanceof z.ZodObject ? Object.keys(each.def.shape) : []))),
  ];
}

/** The members of a union, narrowed by the `type` key of `value` when it has a known one. */
function alternatives(schema: Schema, value: unknown): readonly Schema[] {
  const type = bare(schema);
  if (!(type instanceof z.ZodUnion)) return [type];
  const options = type.def.options.map(bare);
  const chosen = options.filter((option) => hasType(option, valueAt(value, "type")));
  return chosen.length > 0 ? chosen : options;
}

function hasType(option: Schema, wanted: unknown): boolean {
  if (!(option instanceof z.ZodObject)) return false;
  const literal = valueAt(option.def.shape, "type");
  return literal instanceof z.ZodLiteral && literal.def.values.some((value) => value === wanted);
}

function child(schema: Schema, segment: string | number): readonly Schema[] {
  if (schema instanceof z.ZodArray && typeof segment === "number") return [schema.def.element];
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.def.shape, segment)) return [];
  return [schema.def.shape[segment]];
}

/** A member of a mapping or list; undefined when there is none. */
export function valueAt(container: unknown, segment: string | number): unknown {
  if (typeof container !== "object" || container === null || !Object.hasOwn(container, segment))
    return undefined;
  return (container as Record<string | number, unknown>)[segment];
}
