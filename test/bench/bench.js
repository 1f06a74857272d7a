// npm run bench -- [scenario…] [--seconds N] [--rounds N] [--quick] [--json FILE] [--brokers a,b]
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { brokers, startBroker } from "./brokers.js";
import { describeMachine, onCore } from "./machine.js";
import { peakMemoryOf } from "./process-cost.js";
import { summarize, table } from "./results.js";
import { scenarios } from "./scenarios.js";

const GENERATOR = fileURLToPath(new URL("./generator.js", import.meta.url));
const run = promisify(execFile);

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string" },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    brokers: { type: "string" },
    json: { type: "string" },
  },
});
const seconds = Number(options.seconds ?? (options.quick ? 1 : 5));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const warmupSeconds = options.quick ? 1 : 2;
const chosen = scenarios.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
);
const versions = installedVersions();

const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}`,
);
console.log(`MQTT 3.1.1 over loopback TCP, one generator for all; ${machine.pinning}`);
console.log(`${rounds} rounds of ${seconds} s after ${warmupSeconds} s of warm-up, brokers in turn, medians`);
for (const [name, version] of versions) console.log(`  ${name} ${version}: ${brokers[name].note}`);

const runs = [];
for (const scenario of chosen) {
  for (let round = 0; round < rounds; round++) {
    for (const name of scenario.brokers) {
      if (versions.has(name)) runs.push(await measure(scenario, name, round));
    }
  }
  console.log(`\n${scenario.name}: ${scenario.what}${paceOf(scenario)}, ${scenario.payloadBytes} bytes`);
  console.log(table(summarize(runs.filter((each) => each.scenario === scenario.name))));
}
if (options.json !== undefined) {
  const written = { date: new Date().toISOString(), machine, seconds, rounds, warmupSeconds };
  const medians = chosen.flatMap(({ name }) => summarize(runs.filter((each) => each.scenario === name)));
  const all = { ...written, versions: Object.fromEntries(versions), scenarios: chosen, medians, runs };
  writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
}

/** A fresh broker for each measurement; one that fails is a row with its error, not the end of the run. */
async function measure(scenario, name, round) {
  const row = { scenario: scenario.name, broker: name, round };
  let broker;
  try {
    broker = await startBroker(name);
    const order = {
      scenario: scenario.name,
      port: broker.port,
      brokerPid: broker.pid,
      seconds,
      warmupSeconds,
    };
    const [program, ...parameters] = onCore(1, [process.execPath, GENERATOR, JSON.stringify(order)]);
    const timeout = (seconds + warmupSeconds + 60) * 1_000;
    const { stdout } = await run(program, parameters, { timeout });
    return { ...row, ...JSON.parse(stdout), brokerPeakBytes: peakMemoryOf(broker.pid) };
  } catch (error) {
    console.log(`${scenario.name}, ${name}: ${error.stderr || error.message}`);
    return { ...row, error: error.message };
  } finally {
    await broker?.stop();
  }
}

function paceOf({ rate, window }) {
  return rate === undefined ? `; window ${window}` : "";
}

function installedVersions() {
  const names = options.brokers?.split(",") ?? [...new Set(chosen.flatMap((scenario) => scenario.brokers))];
  const found = new Map();
  for (const name of names) {
    const version = brokers[name]?.version();
    if (version === undefined) console.log(`${name} is not installed (or not built): left out`);
    else found.set(name, version);
  }
  return found;
}
