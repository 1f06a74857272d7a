import { readNumbered } from "./numbered-message.ts";
import type { StoredState } from "./stored-state.ts";

export interface QueueVerdict {
  readonly faults: string[];
  readonly entries: number;
}

/**
 * What is wrong with queues that nobody empties: everything in `wanted` (by topic, up to that sequence) has to be in
 * one of them, each topic in order in one queue, what was published with QoS 2 once.
 */
export async function queueFaults(
  state: StoredState,
  prefix: string,
  wanted: ReadonlyMap<string, number>,
): Promise<QueueVerdict> {
  const faults: string[] = [];
  const last = new Map<string, { queue: string; sequence: number }>();
  let entries = 0;
  for (const queue of state.queues(prefix)) {
    let count = 0;
    for await (const { message, seq } of state.entries(queue.record())) {
      count++;
      if (message === undefined) continue; // PUBREC came for it
      const { topicName } = message;
      const { sequence, qos } = readNumbered(topicName, message.payload);
      const before = last.get(topicName)?.sequence ?? 0;
      const place = `${queue.name}/${seq}: ${topicName}`;
      if ((last.get(topicName)?.queue ?? queue.name) !== queue.name) faults.push(`${place} is in two lanes`);
      if (sequence > before + 1) faults.push(`${place}: ${sequence} came after ${before}`);
      if (sequence <= before && qos === 2) faults.push(`${place}: ${sequence} is there twice`);
      last.set(topicName, { queue: queue.name, sequence: Math.max(before, sequence) });
    }
    if (count !== queue.count) faults.push(`${queue.name}: holds ${count}, counts ${queue.count}`);
    entries += count;
  }
  for (const [topicName, sequence] of wanted) {
    const found = last.get(topicName)?.sequence ?? 0;
    if (found < sequence) faults.push(`${prefix}: ${topicName}: ${found} of ${sequence}`);
  }
  return { faults, entries };
}
