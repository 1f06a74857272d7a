// The README's picture from the figures: node test/bench/chart.js writes docs/benchmarks.svg from docs/benchmarks.json;
// with --print [FILE] it prints what it makes of that file.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { barsOf, drawBars } from "./report/chart.js";
import { BENCHMARKS_FILE, CHART_FILE, readResults } from "./report/results-file.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { print: { type: "boolean", default: false } },
});
const [file = BENCHMARKS_FILE] = positionals;
const results = readResults(file);
if (results === undefined) throw new Error(`there is no ${file}: npm run bench -- all --json ${file}`);
const svg = drawBars(barsOf(results));
if (values.print) process.stdout.write(svg);
else writeFileSync(CHART_FILE, svg);
