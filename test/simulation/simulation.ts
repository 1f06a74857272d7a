import { type Character, characterOf } from "./character.ts";
import { bringToRest, leave } from "./finale.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { World } from "./world.ts";

/** One interleaving: what it is like, and the number each of its steps is made from. */
export interface Run {
  readonly character: Character;
  readonly steps: readonly number[];
}

export function runOf(seed: number): Run {
  const random = new Random(seed);
  const character = characterOf(random);
  return { character, steps: Array.from({ length: character.steps }, () => random.next()) };
}

/** Plays a run to its first violation; the answer is empty when all holds. */
export async function play(
  { character, steps }: Run,
  note?: (line: string) => void,
): Promise<readonly string[]> {
  const world = new World(character);
  const failed = (error: unknown): void => {
    world.report(`exception: ${error instanceof Error ? error.stack : String(error)}`);
  };
  process.on("unhandledRejection", failed);
  world.loop.install();
  try {
    await playIn(world, character, steps, note);
  } catch (error) {
    failed(error);
  } finally {
    world.loop.uninstall();
  }
  await new Promise((resolve) => setImmediate(resolve)); // now Node tells of rejections that nobody handled
  process.off("unhandledRejection", failed);
  return world.wrong;
}

async function playIn(
  world: World,
  character: Character,
  steps: readonly number[],
  note: ((line: string) => void) | undefined,
): Promise<void> {
  await world.open();
  const scheduler = new Scheduler(world, character, note);
  await scheduler.begin();
  for (const step of steps) {
    await scheduler.step(new Random(step));
    if (world.wrong.length > 0 || world.isVoid) return;
  }
  note?.("everybody comes back");
  await bringToRest(world);
  if (world.wrong.length > 0 || world.isVoid) return;
  note?.("everybody leaves");
  await leave(world);
}

/** The fewest steps found that still end in a violation of the same kind. */
export async function shrink(run: Run): Promise<Run> {
  let { steps } = run;
  const kind = kindOf(await play(run));
  for (let size = steps.length >> 1; size > 0; size = size === 1 ? 0 : size >> 1) {
    for (let from = 0; from + size <= steps.length; ) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      if (kindOf(await play({ ...run, steps: fewer })) === kind) steps = fewer;
      else from += size;
    }
  }
  return { ...run, steps };
}

/** The first violation without the names and numbers in it. */
function kindOf(wrong: readonly string[]): string | undefined {
  return wrong[0]?.replaceAll(/\b[abcd]\b|\d+/g, "");
}

/** What to read when a seed fails: how to play it again, and the shortest story found. */
export async function explain(seed: number): Promise<string> {
  const shortest = await shrink(runOf(seed));
  const story: string[] = [];
  const wrong = await play(shortest, (line) => story.push(line));
  const again = `SIMULATION_SEED=${seed} npx vitest run --config test/vitest.config.ts test/simulation`;
  return [`seed ${seed}: ${wrong.join("\n")}`, `again: ${again}`, ...story.map((line) => `  ${line}`)].join(
    "\n",
  );
}
