import { existsSync, readFileSync } from "node:fs";
import { InvariantError } from "../base/errors.ts";

/** The version in package.json, found upwards from here: from the source and from dist alike. */
export function readVersion(): string {
  for (const up of ["../../", "../../../"]) {
    const file = new URL(`${up}package.json`, import.meta.url);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  }
  throw new InvariantError("package.json is missing");
}
