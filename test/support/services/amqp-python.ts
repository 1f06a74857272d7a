import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AmqpDriver } from "./amqp-driver.ts";
import { startLineDriver } from "./line-driver.ts";

/** Debian's own Python: another one that comes first on PATH does not see Debian's packages. */
export const DEBIAN_PYTHON = "/usr/bin/python3";
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
