/** The generator must not be what is measured: above this share of its core a row is marked. */
const GENERATOR_BUSY = 0.95;
/** Below this both waited: for each other, or for other work on the machine. Only the cost per message counts then. */
const IDLE_BELOW = 0.8;

/** Medians per broker of the runs of one scenario; the first broker is what the others are compared with. */
export function summarize(runs) {
  const names = [...new Set(runs.map((run) => run.broker))];
  const rows = names.map((broker) => medianRow(runs.filter((run) => run.broker === broker)));
  const subject = rows.find((row) => row.broker === "causeway");
  return rows.map((row) => ({
    ...row,
    causewayIsTimes: ratio(subject?.perSecond, row.perSecond),
    causewayCostsTimes: ratio(subject?.brokerMicros, row.brokerMicros),
  }));
}

function ratio(ours, theirs) {
  return ours > 0 && theirs > 0 ? ours / theirs : undefined;
}

function medianRow(runs) {
  const good = runs.filter((run) => run.error === undefined);
  const of = (figure) => median(good.map(figure));
  return {
    scenario: runs[0].scenario,
    broker: runs[0].broker,
    runs: good.length,
    failed: runs.length - good.length,
    perSecond: of((run) => run.messages / run.seconds),
    slowest: Math.min(...good.map((run) => run.messages / run.seconds)),
    fastest: Math.max(...good.map((run) => run.messages / run.seconds)),
    brokerMicros: of((run) => (run.brokerCpuSeconds * 1e6) / run.messages),
    brokerCores: of((run) => run.brokerCpuSeconds / run.seconds),
    generatorMicros: of((run) => (run.generatorCpuSeconds * 1e6) / run.messages),
    generatorCores: of((run) => run.generatorCpuSeconds / run.seconds),
    peakMiB: of((run) => run.brokerPeakBytes / 2 ** 20),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    lost: good.reduce((sum, run) => sum + run.lost, 0),
  };
}

function median(figures) {
  const sorted = figures.filter((figure) => figure !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const COLUMNS = [
  ["broker", (row) => row.broker],
  ["msg/s", (row) => thousands(row.perSecond)],
  ["slowest–fastest", (row) => `${thousands(row.slowest)}–${thousands(row.fastest)}`],
  ["causeway is", (row) => (row.causewayIsTimes ? `${row.causewayIsTimes.toFixed(2)} ×` : "–")],
  ["and costs", (row) => (row.causewayCostsTimes ? `${row.causewayCostsTimes.toFixed(2)} ×` : "–")],
  ["broker µs/msg", (row) => row.brokerMicros?.toFixed(2) ?? "–"],
  ["cores", (row) => row.brokerCores?.toFixed(2) ?? "–"],
  ["generator µs/msg", (row) => row.generatorMicros?.toFixed(2) ?? "–"],
  ["cores", (row) => row.generatorCores?.toFixed(2) ?? "–"],
  ["p50 ms", (row) => row.p50Ms?.toFixed(2) ?? "–"],
  ["p99 ms", (row) => row.p99Ms?.toFixed(2) ?? "–"],
  ["peak MiB", (row) => thousands(row.peakMiB)],
  ["lost", (row) => thousands(row.lost)],
  ["", remark],
];

function remark(row) {
  if (row.failed > 0) return `${row.failed} runs failed`;
  if (row.generatorCores > GENERATOR_BUSY) return "generator-bound";
  if (row.p99Ms !== undefined) return "";
  return row.brokerCores < IDLE_BELOW && row.generatorCores < IDLE_BELOW ? "neither busy" : "";
}

/** Columns right-aligned but the first. */
export function table(rows) {
  const lines = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines
    .map((line) =>
      line.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at]))).join("  "),
    )
    .join("\n");
}

function thousands(figure) {
  return figure === undefined || !Number.isFinite(figure) ? "–" : Math.round(figure).toLocaleString("en-US");
}
