import { describe, expect, it } from "vitest";
import { LoopDelay } from "../../src/base/loop-delay.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";

/** A loop whose timers run as late as `lateness` says. */
function aLoop(): { delay: LoopDelay; turn(latenessMs: number): Promise<void> } {
  const clock = new FakeClock();
  let now = 5;
  const delay = new LoopDelay({ clock, monotonicNow: () => now });
  delay.start();
  const turn = async (latenessMs: number): Promise<void> => {
    now += 100 + latenessMs;
    await clock.advance(100);
  };
  return { delay, turn };
}

describe("LoopDelay", () => {
  it("is the mean of the last second", async () => {
    const { delay, turn } = aLoop();

    for (let i = 0; i < 10; i++) await turn(30);
    const steady = delay.meanMs;
    for (let i = 0; i < 5; i++) await turn(10);

    expect(steady).toBeCloseTo(30);
    expect(delay.meanMs).toBeCloseTo(20);
  });

  it("counts one long pause for its share, and forgets it a second later", async () => {
    const { delay, turn } = aLoop();

    await turn(2000);
    const afterPause = delay.meanMs;
    for (let i = 0; i < 10; i++) await turn(0);

    expect(afterPause).toBeCloseTo(200);
    expect(delay.meanMs).toBe(0);
  });

  it("stands still once stopped", async () => {
    const { delay, turn } = aLoop();
    delay.stop();

    await turn(1000);

    expect(delay.meanMs).toBe(0);
  });
});
