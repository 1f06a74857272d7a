import { AdminError } from "../../base/errors.ts";
import {
  type Inspection,
  PAGE_LIMIT,
  type Page,
  type Rows,
  type SortKey,
  type Subject,
} from "../../base/inspection.ts";
import { formatTable } from "../table.ts";
import { COLUMNS, formatSummary } from "./columns.ts";

export interface InspectRequest {
  /** Undefined: the summary. */
  readonly subject: Subject | undefined;
  readonly filter: string;
  readonly sort: SortKey | undefined;
  readonly limit: number;
  readonly isJson: boolean;
}

/** `causeway inspect`: prints what `inspection` tells; page by page, so that any number of rows may come. */
export async function inspect(
  request: InspectRequest,
  inspection: Inspection,
  print: (text: string) => void,
): Promise<void> {
  const { subject, isJson } = request;
  if (subject === undefined) {
    const summary = await inspection.summary();
    print(isJson ? JSON.stringify(summary) : formatSummary(summary));
    return;
  }
  await list(subject, request, inspection, print);
}

async function list<S extends Subject>(
  subject: S,
  { filter, sort, limit, isJson }: InspectRequest,
  inspection: Inspection,
  print: (text: string) => void,
): Promise<void> {
  const rows: Rows[S][] = [];
  let seen = 0;
  let cursor: string | undefined;
  do {
    const query = { filter, sort, limit: Math.min(PAGE_LIMIT, limit - seen), cursor };
    const page = expectPage(await inspection.list(subject, query));
    seen += page.rows.length;
    if (isJson) for (const row of page.rows) print(JSON.stringify(row));
    else rows.push(...page.rows);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && seen < limit);
  if (isJson) return;
  print(rows.length === 0 ? `no ${subject}` : formatTable(COLUMNS[subject], rows));
  if (cursor !== undefined) print(`… and more: --limit shows how many, --filter which`);
}

function expectPage<Row>(answer: Page<Row> | "unknown cursor" | "busy"): Page<Row> {
  if (answer === "busy") throw new AdminError("the broker is sorting for others: ask again soon");
  if (answer === "unknown cursor")
    throw new AdminError("the list took too long between two pages: ask again");
  return answer;
}
