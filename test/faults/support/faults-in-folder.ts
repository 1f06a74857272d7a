import { queueFaults } from "./queue-faults.ts";
import { SLEEPERS } from "./sleepers.ts";
import { StoredState } from "./stored-state.ts";

/** What was acknowledged (by topic, up to that sequence) and is not in the folder as the sleepers and `kept/#` need it. */
export async function faultsInFolder(
  folder: string,
  acknowledged: ReadonlyMap<string, number>,
): Promise<string[]> {
  const state = await StoredState.open(folder);
  const faults = [...state.corrupt];
  for (const id of SLEEPERS) {
    faults.push(...(await queueFaults(state, `session/${id}`, acknowledged)).faults);
  }
  for (const [topicName, sequence] of acknowledged) {
    const kept = state.retained.get(topicName) ?? 0;
    if (topicName.startsWith("kept/") && kept < sequence) faults.push(`${topicName}: ${kept} < ${sequence}`);
  }
  await state.close();
  return faults;
}
