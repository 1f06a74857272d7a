import { describe, expect, it } from "vitest";
import { LoadAverage } from "../../src/metrics/load-average.ts";

describe("LoadAverage", () => {
  it("comes to what happens per minute when that stays the same, whatever the intervals", () => {
    const average = new LoadAverage(5);

    for (let i = 0; i < 1000; i++) average.update(i % 2 === 0 ? 10 : 20, i % 2 === 0 ? 10 : 20);

    expect(average.perMinute).toBeCloseTo(60, 6);
  });

  it("has taken over 63 % of a change after the time it looks back", () => {
    const average = new LoadAverage(15);

    for (let i = 0; i < 90; i++) average.update(100, 10);

    expect(average.perMinute).toBeCloseTo(600 * (1 - 1 / Math.E), 6);
  });

  it("forgets what is long ago", () => {
    const average = new LoadAverage(1);
    average.update(1_000_000, 10);

    for (let i = 0; i < 360; i++) average.update(0, 10);

    expect(average.perMinute).toBeLessThan(1e-6);
  });
});
