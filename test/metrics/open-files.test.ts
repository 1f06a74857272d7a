import { type FileHandle, open } from "node:fs/promises";
import { devNull } from "node:os";
import { describe, expect, it } from "vitest";
import { countOpenFiles } from "../../src/metrics/open-files.ts";

const OPENED = 200;
/** Other work of this process may open and close some meanwhile. */
const OTHERS = 50;

async function growthOf(folder: string | undefined): Promise<number> {
  const before = (await countOpenFiles(folder)) as number;
  const files: FileHandle[] = [];
  try {
    for (let i = 0; i < OPENED; i++) files.push(await open(devNull));
    return ((await countOpenFiles(folder)) as number) - before;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

describe("the count of open files", () => {
  /** The size of fdinfo is 0, as that of fd was before Linux 6.2. */
  it.runIf(process.platform === "linux").each([undefined, "/proc/self/fdinfo"])(
    "grows with each file (%s)",
    async (folder) => {
      const growth = await growthOf(folder);

      expect(growth).toBeGreaterThan(OPENED - OTHERS);
      expect(growth).toBeLessThan(OPENED + OTHERS);
    },
  );

  it("is unknown where the system has no such folder", async () => {
    expect(await countOpenFiles("/proc/self/no-such-folder")).toBeUndefined();
  });
});
