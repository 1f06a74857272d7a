import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDERS = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];

/** Where a program lies; undefined when it is not installed. */
export function findProgram(name) {
  return FOLDERS.map((folder) => join(folder, name)).find(existsSync);
}

/** The version in a package.json below the project's folder. */
export function versionOf(file) {
  const path = join(ROOT, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : undefined;
}

/** What a program prints, whatever its exit code: `mosquitto -h` exits with 3. */
export function outputOf(program, parameters) {
  try {
    return execFileSync(program, parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return String(error.stdout ?? "");
  }
}
