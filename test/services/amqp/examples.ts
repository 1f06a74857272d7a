import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { parse } from "yaml";
import { DEBIAN_PYTHON } from "../../support/services/amqp-python.ts";
import { ServerProcess } from "../../support/services/server-process.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/examples/amqp/", import.meta.url));
const CONFIG = new URL("../../../config/examples/work-queue.yaml", import.meta.url);
const START_MS = 20_000;

/** Starts a program of docs/examples/amqp, such as `orders/worker.py`; it is killed at the end of the test. */
export function startExample(program: string, ...args: readonly string[]): ServerProcess {
  const path = `${FOLDER}${program}`;
  const isPython = program.endsWith(".py");
  const example = new ServerProcess({
    command: isPython ? DEBIAN_PYTHON : process.execPath,
    args: [...(isPython ? ["-B"] : []), path, ...args],
  });
  onTestFinished(() => example.kill());
  return example;
}

/** Starts a program that goes on; resolves when it says that it is ready. */
export async function startedExample(program: string, ...args: readonly string[]): Promise<ServerProcess> {
  const example = startExample(program, ...args);
  await example.waitUntil("ready", () => /^(waiting|listening)/m.test(example.output()), START_MS);
  return example;
}

/** Runs a program to its end; resolves to what it printed, line by line. */
export async function runExample(program: string, ...args: readonly string[]): Promise<string[]> {
  const example = startExample(program, ...args);
  const code = await example.exited;
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${example.output()}`);
  return linesOf(example);
}

/** The lines so far, or those that match, without the last when it is not complete. */
export function linesOf(example: ServerProcess, pattern = /./): string[] {
  const complete = example.output().split("\n").slice(0, -1);
  return complete.filter((line) => pattern.test(line));
}

/** config/examples/work-queue.yaml, with a temporary folder and free ports in place of its own. */
export function workQueueConfig(): object {
  const { data: _data, listeners, ...others } = parse(readFileSync(CONFIG, "utf8")) as WorkQueueConfig;
  return { ...others, listeners: listeners.map(({ type }) => ({ type })) };
}

interface WorkQueueConfig {
  readonly data: string;
  readonly listeners: readonly { readonly type: string }[];
}
