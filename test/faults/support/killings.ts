import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../simulation/random.ts";
import type { KillableBroker } from "./killable-broker.ts";

export interface KillingsPorts {
  readonly broker: KillableBroker;
  readonly random: Random;
  /** The process is gone: nobody has to go on trying. */
  gone(): void;
}

/** What became of the processes. */
export interface Killings {
  readonly kills: number;
  /** Exit codes of processes that were stopped in order. */
  readonly faults: readonly string[];
}

/** Longest that a process which is killed while it starts has lived. */
const START_MS = 500;

/** Mostly killed while it works; sometimes also while it starts, sometimes stopped in order instead. Serves again then. */
export async function killAndRestart({ broker, random, gone }: KillingsPorts): Promise<Killings> {
  const faults: string[] = [];
  let kills = 0;
  if (random.chance(0.1)) {
    const exitCode = await broker.stop();
    if (exitCode !== 0) faults.push(`SIGTERM ended the broker with ${exitCode}`);
  } else {
    await broker.kill();
    kills++;
  }
  gone();
  while (random.chance(0.2)) {
    broker.launch();
    await delay(random.below(START_MS));
    await broker.kill();
    kills++;
  }
  await broker.start();
  return { kills, faults };
}
