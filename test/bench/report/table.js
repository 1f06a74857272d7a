import { figures, writeFigure, writeRatio } from "./figures.js";
import { remark } from "./summary.js";

const PEERS = ["mosquitto", "aedes", "rabbitmq"];
const COST = "brokerMicros";

/** Columns as wide as they must be, right-aligned but the first. @param {string[][]} lines The first one is the head. */
export function textTable(lines) {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  const pad = (cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at]));
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

/** @param {string[][]} lines The first one is the head. */
export function markdownTable([head, ...rows]) {
  const rule = head.map((_, at) => (at === 0 ? "---" : "---:"));
  return [head, rule, ...rows].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** One scenario: a line to a broker. */
export function scenarioLines(scenario) {
  const hasCost = Object.values(scenario.brokers).some((its) => its[COST] !== undefined);
  const names = [...new Set([...scenario.figures, ...(hasCost ? [COST] : [])])];
  const head = ["", ...names.map((name) => figures[name].title), "least–most", "generator cores", ""];
  const rows = Object.entries(scenario.brokers).map(([broker, its]) => [
    broker,
    ...names.map((name) => writeFigure(name, its[name]?.median)),
    ["least", "most"].map((end) => writeFigure(names[0], its[names[0]]?.[end])).join("–"),
    its.generatorCores?.median.toFixed(2) ?? "–",
    remark(its),
  ]);
  return [head, ...rows];
}

/** All scenarios: a line to a figure, Causeway beside its peers. */
export function comparisonLines(scenarios) {
  const peers = PEERS.filter((peer) =>
    scenarios.some(({ brokers }) => findPeer(brokers, peer) !== undefined),
  );
  const head = ["scenario", "figure", "causeway", ...peers.flatMap((peer) => [peer, "ratio"])];
  const costs = ["causeway", ...peers].map((broker) => `CPU µs/msg ${broker}`);
  const rows = scenarios
    .filter(hasPeer)
    .flatMap((scenario) => scenario.figures.map((figure) => comparisonLine(scenario, figure, peers)));
  return [[...head, ...costs], ...rows];
}

/** Whether it belongs into the table of all brokers. */
export function hasPeer({ brokers }) {
  return brokers.causeway !== undefined && PEERS.some((peer) => findPeer(brokers, peer) !== undefined);
}

function comparisonLine({ name, brokers }, figure, peers) {
  const medianOf = (broker, of = figure) => findPeer(brokers, broker)?.[of]?.median;
  const ours = medianOf("causeway");
  return [
    name,
    figures[figure].title,
    writeFigure(figure, ours),
    ...peers.flatMap((peer) => [writeFigure(figure, medianOf(peer)), writeRatio(ours / medianOf(peer))]),
    ...["causeway", ...peers].map((broker) => writeFigure(COST, medianOf(broker, COST))),
  ];
}

/** Mosquitto with persistence stands where a scenario needs it. */
function findPeer(brokers, name) {
  return brokers[name] ?? (name === "mosquitto" ? brokers["mosquitto-persistent"] : undefined);
}
