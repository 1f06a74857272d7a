/** What `causeway doctor` found. */
export interface CheckedStore {
  readonly isHealthy: boolean;
  readonly records: number;
  readonly findings: readonly string[];
  readonly lost: readonly string[];
  readonly savedTo: string | undefined;
}

/** The text of `causeway doctor`. */
export function reportStore(folder: string, report: CheckedStore): string {
  const { isHealthy, records, findings, lost, savedTo } = report;
  return [
    `${folder}: ${records} records, ${isHealthy ? "sound" : "damaged"}`,
    ...section("found", findings),
    ...section("lost", lost),
    ...(savedTo === undefined ? [] : [`the damaged files are in ${savedTo}`]),
    ...(isHealthy || savedTo !== undefined ? [] : ["to mend it: causeway doctor --repair"]),
  ].join("\n");
}

/** The text of `causeway export`; it goes to standard error, beside the export. */
export function reportExport(
  folder: string,
  { records, damaged }: { readonly records: number; readonly damaged: readonly string[] },
): string {
  return [`${folder}: ${records} records exported`, ...section("damaged, left out", damaged)].join("\n");
}

/** The text of `causeway import aedes`. */
export function reportAedes(
  folder: string,
  report: {
    readonly counts: ReadonlyMap<string, number>;
    readonly sessionsWithoutUser: number;
    readonly skipped: readonly string[];
    readonly skippedCount: number;
  },
): string {
  const { counts, sessionsWithoutUser, skipped, skippedCount } = report;
  const kinds = [
    ["session", "sessions"],
    ["subscription", "subscriptions"],
    ["message", "queued messages"],
    ["received", "unreleased QoS 2 ids"],
    ["retained", "retained messages"],
  ] as const;
  const amounts = kinds.map(([type, name]) => `${counts.get(type) ?? 0} ${name}`).join(", ");
  const without = `${sessionsWithoutUser} sessions have no user: who logs in with a name cannot resume them (--users)`;
  return [
    `${folder}: ${amounts}`,
    ...(sessionsWithoutUser === 0 ? [] : [without]),
    ...section(`left out, ${skippedCount}`, skipped),
  ].join("\n");
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${heading}:`, ...lines.map((line) => `  ${line}`)];
}
