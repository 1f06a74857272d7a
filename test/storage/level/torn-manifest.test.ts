import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { locationIn } from "../../../src/storage/level/database.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { Rig } from "../../state/rig.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

/** Head and beginning of a record of LevelDB's whose bytes never reached the disk. */
const NEVER_WRITTEN = Buffer.concat([Buffer.of(1, 2, 3, 4, 30, 0, 1), Buffer.alloc(30)]);

describe("a MANIFEST whose last change was torn by a loss of power", () => {
  let folder: string;
  let manifest: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const rig = await openRig();
    rig.send("kept", 1, rig.declare("lane"));
    await rig.commit();
    await rig.store.close();
    const current = await readFile(join(locationIn(folder), "CURRENT"), "latin1");
    manifest = join(locationIn(folder), current.trimEnd());
  });
  afterEach(() => removeFolder(folder));

  async function openRig(): Promise<Rig<LevelStore>> {
    const rig = new Rig(new LevelStore({ folder, sync: true }, silentLogger));
    await rig.machine.load();
    return rig;
  }

  it("is read without it, and kept as it was beside it", async () => {
    await appendFile(manifest, NEVER_WRITTEN);
    const whole = await readFile(manifest);

    const rig = await openRig();

    expect(rig.queue("lane").count).toBe(1);
    expect(rig.effects.corruptions).toEqual([]);
    await rig.store.close();
    expect(await readFile(`${manifest}.torn`)).toEqual(whole);
  });

  it("stays as it is, and is refused, when the change before asks for a file that is gone", async () => {
    await appendFile(manifest, NEVER_WRITTEN);
    const whole = await readFile(manifest);
    const log = (await readdir(locationIn(folder))).find((name) => name.endsWith(".log")) as string;
    await rm(join(locationIn(folder), log));

    await expect(openRig()).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    expect(await readFile(manifest)).toEqual(whole);
  });

  it("is refused when a change in its middle cannot be read: that was safe once", async () => {
    const bytes = await readFile(manifest);
    bytes[10] = (bytes[10] as number) ^ 0xff;
    await writeFile(manifest, bytes);

    await expect(openRig()).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
  });

  it("is not touched while another process works with it", async () => {
    const running = await openRig();
    const current = await readFile(join(locationIn(folder), "CURRENT"), "latin1");
    const path = join(locationIn(folder), current.trimEnd());
    await appendFile(path, NEVER_WRITTEN);
    const whole = await readFile(path);

    await expect(openRig()).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    expect(await readFile(path)).toEqual(whole);
    await running.store.close();
  });
});
