import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Where a statement is cited or a test names it. */
export interface Trace {
  readonly id: string;
  /** Path from the root of the project. */
  readonly file: string;
  readonly line: number;
}

export interface TestTrace extends Trace {
  readonly name: string;
}

const ROOT = new URL("../../", import.meta.url).pathname;
const ID = /\bMQTT3?-\d+\.\d+\.\d+-\d+\b/g;
const IN_BRACKETS = /\[(MQTT3?-\d+\.\d+\.\d+-\d+)\]/g;
const TEST_FILE = /\.(test|suite|cases|exchange)\.ts$/;
const CASES_FILE = /\.(cases|exchange)\.ts$/;
const TEST_FUNCTION = /^(it|test|describe)\b/;
const NEVER_RUN = /^(it|test|describe)\.(skip|todo)\b/;

/** Every line of the source that cites a statement; files and lines in order. */
export function citations(): Trace[] {
  return filesUnder("src", "bridges").flatMap((file) => citationsIn(file, read(file)));
}

/** Every name of a test that names a statement; files and lines in order. */
export function testTraces(): TestTrace[] {
  return filesUnder("test")
    .filter((file) => TEST_FILE.test(file))
    .flatMap((file) => testTracesIn(file, read(file)));
}

export function citationsIn(file: string, text: string): Trace[] {
  return text
    .split("\n")
    .flatMap((content, index) => [...content.matchAll(ID)].map(([id]) => ({ id, file, line: index + 1 })));
}

/** In a test file the names of its tests; in a file of cases every string with an id in brackets. */
export function testTracesIn(file: string, text: string): TestTrace[] {
  const traces: TestTrace[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteral(node)) traces.push(...tracesOf(node, file, source));
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return traces;
}

function tracesOf(node: ts.StringLiteral | ts.TemplateLiteral, file: string, source: ts.SourceFile) {
  const name = node.getText().slice(1, -1);
  const ids = [...name.matchAll(IN_BRACKETS)].map((match) => match[1] ?? "");
  if (ids.length === 0 || !(CASES_FILE.test(file) || isTestName(node))) return [];
  const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  return ids.map((id) => ({ id, file, line, name }));
}

function isTestName(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === "name";
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  const callee = parent.expression.getText();
  return TEST_FUNCTION.test(callee) && !NEVER_RUN.test(callee);
}

function filesUnder(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name))
      .sort(),
  );
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
