import { describe, expect, it } from "vitest";
import { LongestQueue } from "../../src/compose/longest-queue.ts";

function sessionsOf(count: number): { queuedMessages: number }[] {
  return Array.from({ length: count }, (_, i) => ({ queuedMessages: i === 7 ? 50 : 1 }));
}

function registryOf(sessions: readonly { queuedMessages: number }[]) {
  return { sessions: () => sessions[Symbol.iterator]() };
}

describe("the longest queue", () => {
  it("is found at once among some sessions", () => {
    const longest = new LongestQueue(() => registryOf(sessionsOf(100)));

    expect(longest.find()).toBe(50);
  });

  it("among many is looked for over some turns, and known the next time somebody asks", async () => {
    const sessions = sessionsOf(1200);
    const longest = new LongestQueue(() => registryOf(sessions));

    const first = longest.find();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    sessions.splice(0, 100);
    const second = longest.find();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));

    expect([first, second, longest.find()]).toEqual([0, 50, 1]);
  });
});
