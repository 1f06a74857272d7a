import { PAGE_LIMIT, type Query, SORT_KEYS, type SortKey } from "../base/inspection.ts";

const DEFAULT_LIMIT = 100;
const KEYS: readonly string[] = ["limit", "cursor", "filter", "sort"];

/** Reads the query of a list request, or says what is wrong with it. */
export function readListQuery(given: unknown): Query | string {
  const parameters = new Map(Object.entries(given ?? {}));
  for (const [key, value] of parameters) {
    if (!KEYS.includes(key)) return `${key}: not a parameter; there are ${KEYS.join(", ")}`;
    if (typeof value !== "string") return `${key}: given twice`;
  }
  const limit = Number(parameters.get("limit") ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_LIMIT) return `limit: 1 to ${PAGE_LIMIT}`;
  const sort = parameters.get("sort");
  if (sort !== undefined && !isSortKey(sort)) return `sort: ${SORT_KEYS.join(", ")}`;
  const cursor = parameters.get("cursor");
  if (sort !== undefined && cursor !== undefined) return "cursor: sorted rows have one page";
  return { filter: parameters.get("filter") ?? "", sort, limit, cursor };
}

function isSortKey(text: unknown): text is SortKey {
  return SORT_KEYS.some((key) => key === text);
}
