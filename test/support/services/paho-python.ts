import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ClientDriver, startClientDriver } from "./client-driver.ts";

/** Whether install.sh has put Eclipse Paho's Python client in its place. */
export function isPahoPythonInstalled(): boolean {
  return existsSync(join(libraryFolder(), "installed"));
}

/** Starts a Python process with Eclipse Paho's client. */
export function startPahoPython(): ClientDriver {
  const script = fileURLToPath(new URL("./paho-python/driver.py", import.meta.url));
  return startClientDriver("python3", [script], {
    PYTHONPATH: libraryFolder(),
    PYTHONDONTWRITEBYTECODE: "1",
  });
}

function libraryFolder(): string {
  const { PAHO_PYTHON_LIB } = process.env;
  if (PAHO_PYTHON_LIB !== undefined) return PAHO_PYTHON_LIB;
  const requirements = readFileSync(new URL("./paho-python/requirements.txt", import.meta.url), "utf8");
  const version = /^paho-mqtt==(.+)$/m.exec(requirements)?.[1];
  if (version === undefined) throw new Error("requirements.txt does not name the version of paho-mqtt");
  return join(homedir(), ".cache/causeway-test", `paho-python-${version}`);
}
