import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../src/cli/exit-codes.ts";
import { readSource, sourceFiles } from "./source-imports.ts";

const page = readSource("docs/errors.md");

/** First cells of the table under a heading, in order. */
function firstCells(section: string): string[] {
  return [...section.matchAll(/^\| `?([A-Z_]+|\d+)`? \|/gm)].map((match) => match[1] ?? "");
}

/** Values of `code` in every class of a file that extends BrokerError. */
function codesIn(file: string, text: string): string[] {
  const codes: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isClassDeclaration(node) &&
      /\bextends BrokerError\b/.test(node.heritageClauses?.[0]?.getText() ?? "")
    ) {
      const property = node.members.find((member) => member.name?.getText() === "code");
      const written = property?.getText().matchAll(/"([A-Z_]+)"/g) ?? [];
      codes.push(...[...written].map((match) => match[1] ?? ""));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true));
  return codes;
}

describe("docs/errors.md", () => {
  it("lists every error code of the source, and no other, in order", () => {
    const codes = sourceFiles("src", "bridges").flatMap((file) => codesIn(file, readSource(file)));

    expect(firstCells(page.split("## Exit codes")[0] ?? "")).toEqual([...new Set(codes)].sort());
  });

  it("lists every exit code, and no other, in order", () => {
    const numbers = Object.values(ExitCode).sort((a, b) => a - b);

    expect(firstCells(page.split("## Exit codes")[1] ?? "").map(Number)).toEqual(numbers);
  });
});

it("codes are found in both forms a class may give them", () => {
  const text = `class A extends BrokerError { readonly code = "A"; }
    class B extends BrokerError { readonly code: "B_ONE" | "B_TWO"; }
    class C extends Error { readonly code = "NOT_OURS"; }`;

  expect(codesIn("x.ts", text)).toEqual(["A", "B_ONE", "B_TWO"]);
});
