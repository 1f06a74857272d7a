import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AmqpDriver } from "./amqp-driver.ts";
import { startLineDriver } from "./line-driver.ts";
import { ServerProcess } from "./server-process.ts";

/** Debian's own Python: another one that comes first on PATH does not see Debian's packages. */
export const DEBIAN_PYTHON = "/usr/bin/python3";
const WORKER_START_MS = 30_000;
const PACKAGES = "/usr/lib/python3/dist-packages";

/** Whether pika, kombu and Celery are where Debian puts them. */
export function areAmqpPythonClientsInstalled(): boolean {
  return [DEBIAN_PYTHON, ...["pika", "kombu", "celery"].map((name) => join(PACKAGES, name))].every(
    existsSync,
  );
}

/** The path of a program in test/support/services/amqp-python. */
export function pythonProgram(name: string): string {
  return fileURLToPath(new URL(`./amqp-python/${name}`, import.meta.url));
}

/** Starts a Python process with pika, in one of the two ways it can be used. */
export function startPika(connection: "blocking" | "select"): AmqpDriver {
  return startLineDriver(DEBIAN_PYTHON, ["-B", pythonProgram(`pika_${connection}.py`)]);
}

/** Starts a program of test/support/services/amqp-python that finds the broker at `url`. */
export function startPython(url: string, args: readonly string[]): ServerProcess {
  return new ServerProcess({
    command: DEBIAN_PYTHON,
    args: ["-B", "-u", ...args],
    cwd: pythonProgram(""),
    env: { AMQP_URL: url, PYTHONPATH: pythonProgram("") },
  });
}

/** Resolves to what the program printed as JSON in its last line; fails with its output when it ends otherwise. */
export async function resultOf(program: ServerProcess): Promise<unknown> {
  const code = await program.exited;
  const last = program.output().trimEnd().split("\n").at(-1) ?? "";
  if (code !== 0 || !/^[[{]/.test(last)) throw new Error(`ended with ${code}:\n${program.output()}`);
  return JSON.parse(last);
}

/** Starts a Celery worker for the tasks of celery_tasks.py; resolves when it consumes. */
export async function startCeleryWorker(url: string): Promise<ServerProcess> {
  const worker = startPython(url, [
    ...["-m", "celery", "--app", "celery_tasks", "worker"],
    ...["--pool", "solo", "--loglevel", "info", "--hostname", `worker-${Date.now()}@localhost`],
  ]);
  await worker.waitUntil("ready", () => / ready\.$/m.test(worker.output()), WORKER_START_MS);
  return worker;
}
