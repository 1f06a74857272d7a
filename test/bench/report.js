// The tables of docs/performance.md from the figures: node test/bench/report.js [FILE] prints what it makes of
// docs/benchmarks.json or another file, with --write it puts it between the marks in docs/performance.md.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { reportOf } from "./report/report.js";
import { BENCHMARKS_FILE, PERFORMANCE_FILE, readResults } from "./report/results-file.js";

const BEGIN = "<!-- figures: written by test/bench/report.js -->\n";
const END = "<!-- end of figures -->\n";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false } },
});
const [file = BENCHMARKS_FILE] = positionals;
const results = readResults(file);
if (results === undefined) throw new Error(`there is no ${file}: npm run bench -- all --json ${file}`);
const report = reportOf(results);
if (values.write) {
  const before = readFileSync(PERFORMANCE_FILE, "utf8");
  const start = before.indexOf(BEGIN) + BEGIN.length;
  const end = before.indexOf(END);
  if (start < BEGIN.length || end < start) throw new Error(`${PERFORMANCE_FILE} has no place for figures`);
  writeFileSync(PERFORMANCE_FILE, `${before.slice(0, start)}\n${report}\n${before.slice(end)}`);
} else {
  process.stdout.write(report);
}
