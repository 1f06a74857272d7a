import { copyFile, link, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { tablesInUse } from "../level-files.ts";

const TABLE = /\.(ldb|sst)$/;

/**
 * Copies a database's files. Tables in use never change: they are shared by hard links where the disk allows. The lock is
 * left out.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const shared = await tablesInUse(from);
  await mkdir(to, { mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "LOCK") continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (shared.has(entry.name)) await linkOrCopy(source, target);
    else await copyFile(source, target);
  }
}

/** LevelDB's repair puts aside what it did not use: returns how many tables, and gives their space back. */
export async function discardLostFiles(location: string): Promise<number> {
  const folder = join(location, "lost");
  const names = await readdir(folder).catch(() => []); // not there: nothing was put aside
  await rm(folder, { recursive: true, force: true });
  return names.filter((name) => TABLE.test(name)).length;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to)); // a disk without hard links
}
