import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./programs.js";

const SOURCE = fileURLToPath(new URL("./slow-fsync.c", import.meta.url));
const COMPILER = findProgram("cc") ?? findProgram("gcc") ?? findProgram("clang");
let library;

export const maySlowFsync = COMPILER !== undefined;

/** The environment of a broker on a disk that takes longer for an fsync. */
export function slowFsync(delayMs) {
  library ??= compile();
  return { LD_PRELOAD: library, BENCH_FSYNC_DELAY_MS: String(delayMs) };
}

function compile() {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-fsync-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "slow-fsync.so");
  execFileSync(COMPILER, ["-shared", "-fPIC", "-O2", "-o", file, SOURCE, "-ldl"]);
  return file;
}
