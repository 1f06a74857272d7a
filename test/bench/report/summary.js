/** The generator must not be what is measured: above this share of its core a row is marked. */
const GENERATOR_BUSY = 0.95;
/** Below this both waited: for each other, or for other work on the machine. Only the cost per message counts then. */
const IDLE_BELOW = 0.8;

/**
 * A figure of all runs.
 * @typedef {{ median: number, least: number, most: number }} Spread
 */

/** Medians by broker and figure. @param {{ broker: string, figures: Record<string, number> }[]} runs */
export function summarize(runs) {
  const names = [...new Set(runs.map(({ broker }) => broker))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      spreads(runs.filter(({ broker }) => broker === name).map((run) => run.figures)),
    ]),
  );
}

/** @returns {Record<string, Spread>} */
function spreads(runs) {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  const all = names.map((name) => [name, runs.map((run) => run[name]).filter(Number.isFinite)]);
  return Object.fromEntries(
    all.filter(([, values]) => values.length > 0).map(([name, values]) => [name, spread(values)]),
  );
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: rounded(median), least: rounded(sorted[0]), most: rounded(sorted.at(-1)) };
}

/** Six digits are more than a benchmark knows. */
function rounded(value) {
  return Number(value.toPrecision(6));
}

/** What a figure means only with care. @param {Record<string, Spread>} figures Of one broker. */
export function remark(figures) {
  const { generatorCores, brokerCores, p50Ms, perSecond, lost } = figures;
  if (lost?.median > 0) return `${lost.median} lost`;
  if (p50Ms !== undefined || generatorCores === undefined || perSecond === undefined) return "";
  if (generatorCores.median > GENERATOR_BUSY && brokerCores.median < GENERATOR_BUSY) return "generator-bound";
  return brokerCores.median < IDLE_BELOW && generatorCores.median < IDLE_BELOW ? "neither busy" : "";
}
