import { readdir, stat } from "node:fs/promises";

const OPEN_FILES = "/proc/self/fd";

/**
 * How many files and sockets this process has open; undefined where the system does not say. Since Linux 6.2 the
 * folder's size tells; before, its names have to be read, in another thread: a thousand of them take it a millisecond.
 */
export async function countOpenFiles(folder = OPEN_FILES): Promise<number | undefined> {
  try {
    const { size } = await stat(folder);
    if (size > 0) return size;
    const names = await readdir(folder);
    return names.length - 1; // the folder itself was open
  } catch {
    return undefined;
  }
}
