import { describe, expect, it } from "vitest";
import { runAmqpKillLoop } from "./amqp-kill-loop.ts";

const { AMQP_KILL_ROUNDS = "10", KILL_SEED, REPORT } = process.env;
const rounds = Number(AMQP_KILL_ROUNDS);
const ROUND_LIMIT_MS = 60_000;

describe("queues of a broker that is killed again and again", () => {
  it("lose nothing confirmed, keep their order, and dead-letter each message once", {
    timeout: 120_000 + rounds * ROUND_LIMIT_MS,
  }, async () => {
    const seed = Number(KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));

    const report = await runAmqpKillLoop({ seed, rounds }).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause });
    });

    expect(report.faults, `seed ${seed}, round ${report.rounds}`).toEqual([]);
    expect(report.rounds).toBe(rounds);
    expect(report.confirmed).toBeGreaterThan(0);
    expect(report.deadLettered).toBeGreaterThan(0);
    if (REPORT === "1") process.stderr.write(`${JSON.stringify(report)}\n`);
  });
});
