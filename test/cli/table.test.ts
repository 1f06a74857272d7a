import { expect, it } from "vitest";
import { type Column, formatTable } from "../../src/cli/table.ts";

it("columns are as wide as their widest cell, numbers stand to the right, lines have no space at their end", () => {
  const columns: Column<{ name: string; size: number }>[] = [
    { heading: "NAME", cell: ({ name }) => name },
    { heading: "SIZE", align: "right", cell: ({ size }) => String(size) },
    { heading: "LAST", cell: () => "-" },
  ];

  expect(
    formatTable(columns, [
      { name: "a", size: 5 },
      { name: "longer", size: 12345 },
    ]),
  ).toBe(["NAME     SIZE  LAST", "a           5  -", "longer  12345  -"].join("\n"));
});
