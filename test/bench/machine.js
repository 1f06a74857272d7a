import { existsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

const TASKSET = ["/usr/bin/taskset", "/bin/taskset"].find(existsSync);
const mayPin = TASKSET !== undefined && availableParallelism() > 1;

/** The command kept on one core, so that broker and generator do not take each other's time; unchanged without taskset. */
export function onCore(core, command) {
  return mayPin ? [TASKSET, "-c", String(core), ...command] : command;
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
