/** A column: its heading and what stands in it. */
export interface Column<Row> {
  readonly heading: string;
  readonly align?: "right";
  cell(row: Row): string;
}

/** Rows under headings, each column as wide as its widest cell; no space at the ends of lines. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const lines = [columns.map(({ heading }) => heading), ...cells];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] as string).length)));
  return lines.map((line) => formatLine(line, columns, widths)).join("\n");
}

function formatLine(
  line: readonly string[],
  columns: readonly Column<never>[],
  widths: readonly number[],
): string {
  return line
    .map((cell, i) => {
      const width = widths[i] as number;
      return columns[i]?.align === "right" ? cell.padStart(width) : cell.padEnd(width);
    })
    .join("  ")
    .trimEnd();
}
