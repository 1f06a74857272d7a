import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../simulation/random.ts";

const PAGE = 4096;

/** What may happen to a file while no broker runs; each returns a text that names it. */
const mutations = {
  async flipBits(path: string, random: Random): Promise<string> {
    const bytes = await readFile(path);
    const offset = random.below(bytes.length);
    for (let n = 1 + random.below(3); n > 0; n--) {
      const at = Math.min(offset + n - 1, bytes.length - 1);
      bytes[at] = (bytes[at] as number) ^ (1 + random.below(255));
    }
    await writeFile(path, bytes);
    return `bits flipped at ${offset} of ${bytes.length}`;
  },
  async cutOff(path: string, random: Random): Promise<string> {
    const { size } = await stat(path);
    const length = random.below(size);
    await truncate(path, length);
    return `cut from ${size} to ${length}`;
  },
  async clearPage(path: string, random: Random): Promise<string> {
    const bytes = await readFile(path);
    const start = random.below(bytes.length);
    bytes.fill(0, start, Math.min(bytes.length, start + PAGE));
    await writeFile(path, bytes);
    return `a page cleared at ${start} of ${bytes.length}`;
  },
  async remove(path: string): Promise<string> {
    await rm(path);
    return "removed";
  },
};

/** Files of a kind are as likely as those of another, however many there are. */
const KINDS = [/\.ldb$/, /\.log$/, /^MANIFEST/, /^CURRENT$/];

/** Damages one file of a database at random; returns what was done. */
export async function damage(location: string, random: Random): Promise<string> {
  const names = (await readdir(location)).sort();
  const kind = random.pick(KINDS);
  const file = random.pick(names.filter((name) => kind.test(name)));
  const mutate = random.pick(Object.values(mutations));
  const path = join(location, file);
  return `${file}: ${(await stat(path)).size === 0 ? "empty" : await mutate(path, random)}`;
}
