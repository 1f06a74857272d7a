import { expect, it } from "vitest";
import { readSource, sourceFiles } from "./source-imports.ts";

const LEFT_OVER = /\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/;
const DISABLED_TEST = /\b(?:it|test|describe)\.(?:only|todo)\b/;

function linesWith(pattern: RegExp, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    readSource(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

const files = sourceFiles("src", "bridges", "test").filter((file) => !file.endsWith("no-todo.test.ts"));

it("no source leaves work behind without an issue number", () => {
  expect(linesWith(LEFT_OVER, files)).toEqual([]);
});

it("no test is left focused or unwritten", () => {
  expect(linesWith(DISABLED_TEST, files)).toEqual([]);
});

it("the pattern finds what it looks for", () => {
  expect("// TODO: later").toMatch(LEFT_OVER);
  expect("// TODO(#12): later").not.toMatch(LEFT_OVER);
  expect("describe.only('x')").toMatch(DISABLED_TEST);
});
