import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

const TASKSET = ["/usr/bin/taskset", "/bin/taskset"].find(existsSync);
const mayPin = TASKSET !== undefined && availableParallelism() > 1;

/** The command kept on one core, so that broker and generator do not take each other's time; unchanged without taskset. */
export function onCore(core, command) {
  return mayPin ? [TASKSET, "-c", String(core), ...command] : command;
}

/** The command with as many open files as the hard limit allows. */
export function withAllFiles(command) {
  return ["/bin/sh", "-c", 'ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$@"', "sh", ...command];
}

/** Files a process may have open after `ulimit -n` was raised as far as it goes. */
export function openFilesLimit() {
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard ?? 1_024);
}

/** The commit that is measured; "+" when files differ from it, undefined outside of a repository. */
export function describeCommit(folder) {
  const git = (...parameters) => execFileSync("git", parameters, { cwd: folder, encoding: "utf8" }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "src", "bridges") && "+");
  } catch {
    return undefined;
  }
}

/** What the figures depend on. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    pinning: mayPin ? "broker on core 0, generator on core 1" : "none",
  };
}
