import { cpuSecondsOf, writtenBytesOf } from "../system/process-cost.js";

/** What broker and generator have used up so far. @param {import("./tasks/tasks.js").Order} order */
export async function look({ brokerPid, metricsPort }) {
  const store = metricsPort === undefined ? undefined : await storeWork(metricsPort);
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now() / 1_000,
    ownCpu: (user + system) / 1e6,
    brokerCpu: cpuSecondsOf(brokerPid),
    writtenBytes: writtenBytesOf(brokerPid),
    ...store,
  };
}

/** The difference of two looks, per message and per second. */
export function spent(before, after, messages, payloadBytes) {
  const of = (what) => after[what] - before[what];
  const operations = after.operations === undefined ? undefined : of("operations") / messages;
  return {
    brokerMicros: (of("brokerCpu") * 1e6) / messages,
    brokerCores: of("brokerCpu") / of("at"),
    generatorMicros: (of("ownCpu") * 1e6) / messages,
    generatorCores: of("ownCpu") / of("at"),
    writtenPerPayloadByte: of("writtenBytes") / (messages * payloadBytes),
    storeOperationsPerMessage: operations,
    messagesPerCommit: after.commits > before.commits ? messages / of("commits") : undefined,
  };
}

/** Puts and deletes, and the batches they were written in, from the broker's own metrics. */
async function storeWork(metricsPort) {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const text = await response.text();
  const read = (name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return {
    operations: read("causeway_commit_operations_sum"),
    commits: read("causeway_commit_operations_count"),
  };
}
