import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFileDamage } from "./level-files.ts";
import { tornTailOf } from "./log-damage.ts";

const CURRENT = /^MANIFEST-\d+\n$/;

/** Whether the last change in the MANIFEST cannot be read: power was lost while it was written, or the disk is bad. */
export async function hasTornManifest(location: string): Promise<boolean> {
  return (await findTornManifest(location)) !== undefined;
}

/**
 * Leaves out the last change of the MANIFEST, which LevelDB refuses to read. It deletes files only when such a change is
 * safe: with all files there that the change before asks for, nothing is lost. Otherwise all stays as it was. The whole
 * MANIFEST is kept beside it. Only for a database that no process has open.
 */
export async function trimTornManifest(location: string): Promise<void> {
  const torn = await findTornManifest(location);
  if (torn === undefined) return;
  const { path, bytes, tornAt } = torn;
  await writeFile(`${path}.torn`, bytes, { mode: 0o600, flush: true });
  await truncate(path, tornAt);
  if ((await findFileDamage(location)) !== undefined) await writeFile(path, bytes, { flush: true });
}

interface TornManifest {
  readonly path: string;
  readonly bytes: Buffer;
  readonly tornAt: number;
}

async function findTornManifest(location: string): Promise<TornManifest | undefined> {
  try {
    const current = await readFile(join(location, "CURRENT"), "latin1");
    if (!CURRENT.test(current)) return undefined;
    const path = join(location, current.trimEnd());
    const bytes = await readFile(path);
    const tornAt = tornTailOf(bytes);
    return tornAt === undefined || tornAt === 0 ? undefined : { path, bytes, tornAt };
  } catch {
    return undefined; // a new folder, or damage that is told of elsewhere
  }
}
