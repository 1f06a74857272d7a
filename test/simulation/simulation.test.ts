import { describe, expect, it } from "vitest";
import { explain, play, runOf } from "./simulation.ts";

const FIRST_SEED = 1;
const FIXED_SEEDS = 5000;
const RANDOM_SEEDS = 200;
/** Real turns between runs let the test runner breathe. */
const BREATHE_EVERY = 50;

const { SIMULATION_SEED: oneSeed, SIMULATION_RUNS, SIMULATION_FIRST_SEED } = process.env;
const count = Number(SIMULATION_RUNS ?? FIXED_SEEDS);
const first = Number(SIMULATION_FIRST_SEED ?? FIRST_SEED);

async function failures(seeds: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for (const [i, seed] of seeds.entries()) {
    if (i % BREATHE_EVERY === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    if ((await play(runOf(seed))).length > 0) found.push(await explain(seed));
    if (found.length >= 3) break;
  }
  return found;
}

describe("whatever the interleaving of connections, commits, crashes and time", () => {
  it.runIf(oneSeed !== undefined)(`holds for seed ${oneSeed}`, async () => {
    expect(await failures([Number(oneSeed)])).toEqual([]);
  });

  it.runIf(oneSeed === undefined)(
    `sessions, wills and deliveries are as promised, ${count} seeds from ${first}`,
    { timeout: 600_000 + count * 20 },
    async () => {
      expect(await failures(Array.from({ length: count }, (_, i) => first + i))).toEqual([]);
    },
  );

  it.runIf(oneSeed === undefined)("and for seeds nobody has tried before", { timeout: 600_000 }, async () => {
    const seeds = Array.from({ length: RANDOM_SEEDS }, () => Math.floor(Math.random() * 2 ** 31));

    expect(await failures(seeds)).toEqual([]);
  });
});
