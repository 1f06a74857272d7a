// npm run bench -- --help
import { fileURLToPath } from "node:url";
import { brokers } from "./brokers/registry.js";
import { readCommandLine, USAGE } from "./command-line.js";
import { measure, obstacleTo, versionFor } from "./measure/measure.js";
import { mergeResults } from "./report/results-file.js";
import { summarize } from "./report/summary.js";
import { comparisonLines, hasPeer, scenarioLines, textTable } from "./report/table.js";
import { targetLines } from "./report/targets.js";
import { allScenarios } from "./scenarios/all.js";
import { describeCommit, describeMachine } from "./system/machine.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { scenarios, runs, settings, file, isHelp, isList } = readCommandLine(process.argv.slice(2));
if (isHelp || scenarios.length === 0) console.log(USAGE);
else if (isList)
  for (const { name, what, brokers } of scenarios) console.log(`${name}: ${what} [${brokers.join(", ")}]`);
else await runAll();

async function runAll() {
  const machine = describeMachine();
  const versions = installed();
  introduce(machine, versions);
  const results = [];
  for (const scenario of scenarios) {
    const obstacle = obstacleTo(scenario);
    if (obstacle !== undefined) {
      console.log(`\n${scenario.name} is left out: ${obstacle}`);
      continue;
    }
    const result = await runScenario(scenario);
    console.log(`\n${scenario.name}: ${scenario.what}\n${textTable(scenarioLines(result))}`);
    results.push(result);
    mergeResults(file, { machine, versions, scenarios: [result] });
  }
  if (results.some(hasPeer)) console.log(`\n${textTable(comparisonLines(results))}`);
  const targets = targetLines(results);
  if (targets.length > 1) console.log(`\n${textTable(targets)}`);
  console.log(`\nwritten to ${file}`);
}

/** Brokers take turns, so that what disturbs the machine for a while disturbs all of them. */
async function runScenario(scenario) {
  const measured = [];
  for (let round = 0; round < runs; round++) {
    for (const broker of scenario.brokers.filter((name) => versionFor(name, scenario) !== undefined)) {
      const figures = await measure(scenario, broker, settings).catch((error) => {
        console.log(`${scenario.name}, ${broker}, failed: ${error.message}`);
        return {};
      });
      measured.push({ broker, figures });
    }
  }
  const { name, what, figures, payloadBytes } = scenario;
  return {
    ...{ name, what, figures, payloadBytes, size: sizeOf(scenario), fullSize: fullSizeOf(name) },
    ...{ date: new Date().toISOString().slice(0, 10), commit: describeCommit(ROOT), runs, ...settings },
    brokers: summarize(measured),
  };
}

/** How many messages or connections it is about; undefined for traffic, which is a matter of time. */
function sizeOf({ kind, messages, connections }) {
  return kind === "traffic" ? undefined : (messages ?? connections);
}

function fullSizeOf(name) {
  return sizeOf(allScenarios.find((scenario) => scenario.name === name));
}

function installed() {
  const names = [
    ...new Set(scenarios.filter(({ kind }) => kind !== "storePeer").flatMap(({ brokers }) => brokers)),
  ];
  const found = names.map((name) => [name, brokers[name].version()]);
  for (const [name, version] of found) {
    if (version === undefined) console.log(`${name} is not installed (or not built): left out`);
  }
  return Object.fromEntries(found.filter(([, version]) => version !== undefined));
}

function introduce({ cpu, cores, memoryGiB, kernel, node, pinning }, versions) {
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; ${pinning}`);
  const { seconds, warmupSeconds } = settings;
  console.log(`${runs} runs of ${seconds} s after ${warmupSeconds} s of warm-up, brokers in turn, medians`);
  for (const [name, version] of Object.entries(versions)) {
    console.log(`  ${name} ${version}: ${brokers[name].note}`);
  }
}
