import { describe, expect, it } from "vitest";
import { runKillLoop } from "./kill-loop.ts";

const { KILL_ROUNDS = "20", KILL_SEED, REPORT } = process.env;
const rounds = Number(KILL_ROUNDS);
const ROUND_LIMIT_MS = 90_000;

describe("a broker that is killed again and again", () => {
  it("loses nothing it acknowledged, repeats nothing of QoS 2 and keeps the order", {
    timeout: 60_000 + rounds * ROUND_LIMIT_MS,
  }, async () => {
    const seed = Number(KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));

    const report = await runKillLoop({ seed, rounds }).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause });
    });

    expect(report.faults, `seed ${seed}, round ${report.rounds}`).toEqual([]);
    expect(report.rounds).toBe(rounds);
    expect(report.acknowledged.qos1).toBeGreaterThan(0);
    expect(report.acknowledged.qos2).toBeGreaterThan(0);
    if (REPORT === "1") process.stderr.write(`${JSON.stringify(report)}\n`);
  });
});
