import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { exportFolder, importFile } from "../../../src/compose/offline/export-import.ts";
import { removeFolder, temporaryFolder } from "../../storage/level/temporary-folder.ts";
import { readState, step, writeState } from "./states.ts";

it("any state is the same after export and import, and so is its export", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const folder = await temporaryFolder();
      const [first, second] = [join(folder, "first"), join(folder, "second")];
      const [exported, again] = [join(folder, "first.jsonl"), join(folder, "second.jsonl")];
      try {
        await writeState(first, steps);
        const written = await exportFolder(first, exported);
        const imported = await importFile(second, exported);
        await exportFolder(second, again);

        expect(written.damaged).toEqual([]);
        expect(imported).toBe(written.records);
        expect(await readState(second)).toEqual(await readState(first));
        expect(await readFile(again, "utf8")).toBe(await readFile(exported, "utf8"));
      } finally {
        await removeFolder(folder);
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
