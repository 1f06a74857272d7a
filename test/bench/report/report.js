import { comparisonLines, hasPeer, markdownTable, scenarioLines } from "./table.js";
import { targetLines } from "./targets.js";

const MAIN_BROKERS = ["causeway", "mosquitto", "aedes", "rabbitmq"];

/** Markdown of all figures: the targets, every scenario beside the peers, then those with brokers of other settings. */
export function reportOf({ machine, versions, scenarios }) {
  const { cpu, cores, memoryGiB, kernel, node, pinning } = machine;
  const brokers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; ${pinning}. ${brokers.join(", ")}.`,
    markdownTable(targetLines(scenarios)),
    "### All scenarios",
    markdownTable(comparisonLines(scenarios)),
    "### Alone, or with other settings",
    ...scenarios
      .filter((each) => hasVariants(each) || !hasPeer(each))
      .flatMap((each) => [`**${each.name}**: ${each.what}`, markdownTable(scenarioLines(each))]),
    "### When",
    markdownTable(whenLines(scenarios)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function hasVariants({ brokers }) {
  return Object.keys(brokers).some((name) => !MAIN_BROKERS.includes(name));
}

/** Scenarios that were measured together, by day, commit and length. */
function whenLines(scenarios) {
  const together = groupBy(scenarios, whenOf);
  const rows = [...together].map(([when, those]) => [
    those.map(({ name }) => name).join(", "),
    ...JSON.parse(when),
  ]);
  return [["scenarios", "date", "commit", "runs", "seconds"], ...rows];
}

function whenOf({ date, commit = "–", runs, seconds }) {
  return JSON.stringify([date, commit, String(runs), String(seconds)]);
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
