import { describe, expect, it } from "vitest";
import { WorkSlots } from "../../src/auth/work-slots.ts";

/** Tasks that end when the test says so. */
function heldTasks(count: number) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const tasks = Array.from({ length: count }, (_, i) => () => {
    started.push(i);
    return new Promise<number>((resolve) => {
      ends[i] = () => resolve(i);
    });
  });
  return { started, ends, tasks };
}

describe("work slots", () => {
  it("run a bounded number of tasks at once, the rest in order", async () => {
    const slots = new WorkSlots(2, 10);
    const { started, ends, tasks } = heldTasks(4);
    const results = tasks.map((task) => slots.run(task));

    expect(started).toEqual([0, 1]);
    ends[1]!();
    await results[1];
    await new Promise(setImmediate);
    expect(started).toEqual([0, 1, 2]);
    ends[0]!();
    ends[2]!();
    await results[2];
    await new Promise(setImmediate);
    ends[3]!();

    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
  });

  it("refuse what would wait too long", async () => {
    const slots = new WorkSlots(1, 1);
    const { ends, tasks } = heldTasks(2);
    const first = slots.run(tasks[0]!);
    const second = slots.run(tasks[1]!);

    expect(await slots.run(async () => 9)).toBeUndefined();
    ends[0]!();
    await first;
    await new Promise(setImmediate);
    ends[1]!();
    expect(await second).toBe(1);
  });

  it("are free again after a task failed", async () => {
    const slots = new WorkSlots(1, 1);

    await expect(slots.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");

    expect(await slots.run(async () => 1)).toBe(1);
  });
});
