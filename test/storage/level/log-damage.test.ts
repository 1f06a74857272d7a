import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { damageIn } from "../../../src/storage/level/log-damage.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

const RECORDS = 40;
const RECORD_BYTES = 5_000;

describe("a log of LevelDB's", () => {
  let folder: string;
  let log: Buffer;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const database = new ClassicLevel<string, Buffer>(folder, { valueEncoding: "buffer" });
    for (let n = 0; n < RECORDS; n++) await database.put(`key ${n}`, Buffer.alloc(RECORD_BYTES, n));
    const name = (await readdir(folder)).find((file) => file.endsWith(".log")) as string;
    log = await readFile(join(folder, name));
    await database.close();
  });
  afterEach(() => removeFolder(folder));

  it("is sound as LevelDB writes it, over many blocks", () => {
    expect(log.length).toBeGreaterThan(RECORDS * RECORD_BYTES);
    expect(damageIn(log)).toBeUndefined();
  });

  it("is sound when it ends early, wherever", () => {
    for (let end = 0; end < log.length; end += 997) expect(damageIn(log.subarray(0, end))).toBeUndefined();
  });

  it("is sound when it ends in zeros, as some file systems leave it", () => {
    for (let end = 0; end < log.length; end += 9_973) {
      expect(damageIn(Buffer.from(log).fill(0, end))).toBeUndefined();
    }
  });

  it("is damaged when a byte of any but the last records is another", () => {
    for (let at = 0; at < log.length - 40_000; at += 997) {
      const damaged = Buffer.from(log);
      damaged[at] = (damaged[at] as number) ^ 0x40;
      expect(damageIn(damaged)).toBeLessThanOrEqual(at);
    }
  });

  it("is damaged when a page in it is empty", () => {
    expect(damageIn(Buffer.from(log).fill(0, 40_960, 45_056))).toBeLessThanOrEqual(45_056);
  });
});
