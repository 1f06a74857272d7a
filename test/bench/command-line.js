import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { groups } from "./scenarios/all.js";

export const USAGE = `npm run bench -- [quick | group | part of a scenario's name …] [options]

  --runs N         measurements of each broker, in turn; the table has their medians (3, quick: 1)
  --seconds N      length of a measurement of traffic (5, quick: 1)
  --brokers A,B    only these brokers
  --messages N     so many queued or retained messages instead of a scenario's own number
  --json FILE      where results are written, into those that are there (test/bench/results/<group>.json)
  --ten-million    with store or all: also ten million queued messages, which takes long
  --list           only show what would be measured

Groups: ${Object.keys(groups).join(", ")}`;

const RESULTS = fileURLToPath(new URL("./results", import.meta.url));

/** What the arguments ask for. */
export function readCommandLine(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: "string" },
      seconds: { type: "string" },
      brokers: { type: "string" },
      messages: { type: "string" },
      json: { type: "string" },
      "ten-million": { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const words = positionals.length === 0 ? ["quick"] : positionals;
  const isQuick = words.includes("quick");
  const seconds = Number(values.seconds ?? (isQuick ? 1 : 5));
  return {
    isHelp: values.help,
    isList: values.list,
    scenarios: choose(words, values["ten-million"])
      .map((scenario) => only(values.brokers, scenario))
      .map((scenario) => sized(values.messages, scenario)),
    runs: Number(values.runs ?? (isQuick ? 1 : 3)),
    settings: {
      seconds,
      warmupSeconds: isQuick ? 0.5 : Math.min(2, seconds),
    },
    file: values.json ?? join(RESULTS, `${words.join("+")}.json`),
  };
}

/** Each scenario once: those of a group, or those that are named. */
function choose(words, withOptIn) {
  const found = words.flatMap((word) => {
    if (groups[word] !== undefined)
      return groups[word].filter(({ isOptIn = false }) => withOptIn || !isOptIn);
    const exact = groups.all.filter(({ name }) => name === word);
    return exact.length > 0
      ? exact
      : groups.all.filter(({ name, isOptIn }) => !isOptIn && name.includes(word));
  });
  return found.filter(({ name }, at) => found.findIndex((other) => other.name === name) === at);
}

function only(brokers, scenario) {
  if (brokers === undefined) return scenario;
  const wanted = brokers.split(",");
  return { ...scenario, brokers: scenario.brokers.filter((name) => wanted.includes(name)) };
}

function sized(messages, scenario) {
  if (messages === undefined || scenario.messages === undefined) return scenario;
  return { ...scenario, messages: Number(messages) };
}
