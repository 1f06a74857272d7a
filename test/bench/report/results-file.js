import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The only results in git: what docs/performance.md and the README's picture are made from. */
export const BENCHMARKS_FILE = inDocs("benchmarks.json");
export const CHART_FILE = inDocs("benchmarks.svg");
export const PERFORMANCE_FILE = inDocs("performance.md");

/**
 * What the benchmark writes and the report and the chart read: medians with least and most, by scenario and broker.
 * @typedef {object} Results
 * @property {object} machine
 * @property {Record<string, string>} versions
 * @property {object[]} scenarios Each with the date and commit it was measured at.
 */

/** @returns {Results | undefined} */
export function readResults(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Puts scenarios into a file: those measured again take the place of the old ones, on another machine of all. */
export function mergeResults(file, { machine, versions, scenarios }) {
  const before = readResults(file);
  const isSame =
    before !== undefined && before.machine.cpu === machine.cpu && before.machine.node === machine.node;
  const kept = isSame ? before.scenarios : [];
  const again = new Map(scenarios.map((scenario) => [scenario.name, scenario]));
  const merged = [
    ...kept.map((old) => again.get(old.name) ?? old),
    ...scenarios.filter(({ name }) => kept.every((old) => old.name !== name)),
  ];
  const all = { machine, versions: { ...(isSame && before.versions), ...versions }, scenarios: merged };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${formatted(all)}\n`);
}

/** As Biome formats it: lists of words on one line. */
function formatted(value) {
  return JSON.stringify(value, null, 2).replace(
    /\[\s+("[^\]{]+")\s+\]/g,
    (_, words) => `[${words.replace(/\n\s+/g, " ")}]`,
  );
}

function inDocs(name) {
  return fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
}
