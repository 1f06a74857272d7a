import { readFileSync } from "node:fs";
import { type Document, isMap, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ConfigError, describe } from "../base/errors.ts";
import type { KeyPath } from "./schema-walk.ts";

/** A configuration file as it was written: its values, and where each of them stands. */
export interface ConfigFile {
  readonly name: string;
  /** The values, ready to be changed by overrides. */
  readonly tree: unknown;
  /** Line of the key at `path`, or of the nearest thing around it, and how many segments of the path are there. */
  find(path: KeyPath): { readonly line: number; readonly depth: number };
}

/** Reads a YAML file; throws a ConfigError that names every line that is not YAML. */
export function readConfigFile(name: string): ConfigFile {
  return parseConfigFile(name, readText(name));
}

export function parseConfigFile(name: string, text: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings].map(
    (problem) => `${name}:${lines.linePos(problem.pos[0]).line}: ${problem.message}`,
  );
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return {
    name,
    tree: toValues(name, document) ?? {},
    find: (path) => {
      const { offset, depth } = findNode(document.contents, path);
      return { line: lines.linePos(offset).line, depth };
    },
  };
}

function readText(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = isMissing ? "there is no such file; name one with --config" : describe(cause);
    throw new ConfigError(`${name}: ${reason}`, { cause });
  }
}

function toValues(name: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new ConfigError(`${name}: ${describe(cause)}`, { cause }); // aliases that multiply
  }
}

function findNode(root: Node | null, path: KeyPath): { offset: number; depth: number } {
  let node: unknown = root;
  let offset = startOf(root) ?? 0;
  for (const [depth, segment] of path.entries()) {
    const step = stepInto(node, segment);
    if (step === undefined) return { offset, depth };
    node = step.value;
    offset = startOf(step.key) ?? offset;
  }
  return { offset, depth: path.length };
}

/** One level down: what holds the value, and the node whose line stands for it. */
function stepInto(node: unknown, segment: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(segment)];
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => String(pair.key) === String(segment));
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
