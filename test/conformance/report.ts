import type { Statement } from "./statement.ts";
import type { TestTrace, Trace } from "./traces.ts";

export const STATUSES = ["tested", "cited, untested", "untested", "not applicable"] as const;
export type Status = (typeof STATUSES)[number];

/** A statement with all that refers to it. */
export interface Entry {
  readonly statement: Statement;
  readonly status: Status;
  readonly citations: readonly Trace[];
  readonly tests: readonly TestTrace[];
}

export interface Standard {
  readonly title: string;
  readonly entries: readonly Entry[];
}

export function toEntries(
  statements: readonly Statement[],
  citations: readonly Trace[],
  tests: readonly TestTrace[],
): Entry[] {
  return statements.map((statement) => {
    const refersTo = ({ id }: Trace): boolean => id === statement.id;
    const entry = { citations: citations.filter(refersTo), tests: tests.filter(refersTo) };
    return { statement, ...entry, status: statusOf(statement, entry) };
  });
}

function statusOf(
  { notApplicable }: Statement,
  { citations, tests }: Pick<Entry, "citations" | "tests">,
): Status {
  if (tests.length > 0) return "tested";
  if (citations.length > 0) return "cited, untested";
  return notApplicable === undefined ? "untested" : "not applicable";
}

/** docs/conformance.md. */
export function render(standards: readonly Standard[]): string {
  const lines = [
    "# Conformance",
    "",
    "Every numbered statement of MQTT 5.0 and MQTT 3.1.1 in our own words (read the standards beside it), the lines",
    "that cite it and the tests that name it. Statements of MQTT 3.1.1 are cited as `[MQTT3-x.y.z-n]`. The page is",
    "written by `npm run docs:conformance`, which also brings the line numbers up to date; a test fails when anything",
    "else on it is out of date, when a cited id is in no standard, and when a cited statement has no test.",
    "",
    ...summary(standards),
    "",
    "*Untested* is what no test names.",
    ...standards.flatMap(({ title, entries }) => ["", `## ${title}`, ...sections(entries)]),
    "",
  ];
  return lines.join("\n");
}

function summary(standards: readonly Standard[]): string[] {
  const counts = (entries: readonly Entry[]): number[] =>
    STATUSES.map((status) => entries.filter((entry) => entry.status === status).length);
  return [
    `| | ${STATUSES.join(" | ")} | in all |`,
    `|---|${STATUSES.map(() => "---:|").join("")}---:|`,
    ...standards.map(
      ({ title, entries }) => `| ${title} | ${counts(entries).join(" | ")} | ${entries.length} |`,
    ),
  ];
}

function sections(entries: readonly Entry[]): string[] {
  const bySection = new Map<string, Entry[]>();
  for (const entry of entries) {
    const section = sectionOf(entry.statement.id);
    bySection.set(section, [...(bySection.get(section) ?? []), entry]);
  }
  return [...bySection].flatMap(([section, members]) => [
    "",
    `### ${section}`,
    "",
    "| Statement | Binds | Meaning | Status | Cited by | Tested by |",
    "|---|---|---|---|---|---|",
    ...members.map(row),
  ]);
}

/** `3.1` of `MQTT-3.1.2-4`. */
function sectionOf(id: string): string {
  return id.replace(/^MQTT3?-(\d+\.\d+)\..*$/, "$1");
}

function row({ statement, status, citations, tests }: Entry): string {
  const { id, concerns, meaning, notApplicable } = statement;
  const why = status === "not applicable" ? `not applicable: ${notApplicable}` : status;
  const cited = citations.map(({ file, line }) => `\`${file}:${line}\``);
  const named = tests.map(({ file, line }) => `\`${file}:${line}\``);
  return `| ${id} | ${concerns} | ${meaning} | ${why} | ${list(cited)} | ${list(named)} |`;
}

function list(cells: readonly string[]): string {
  return [...new Set(cells)].join("<br>");
}

/** A page without its line numbers: they move with every edit, what is cited where does not. */
export function withoutLines(page: string): string {
  const rows = page.split("\n").map((line) => line.replaceAll(/\.ts:\d+`/g, ".ts`"));
  return rows.map((line) => line.replaceAll(/(`[^`]+`)(<br>\1(?! \())+/g, "$1")).join("\n");
}
