import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { locationIn } from "../../../src/storage/level/database.ts";
import { keyOf, writeEntryKey } from "../../../src/storage/level/keys.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { Rig } from "../../state/rig.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

async function openRig(): Promise<Rig<LevelStore>> {
  const rig = new Rig(new LevelStore({ folder, sync: false }, silentLogger));
  await rig.machine.load();
  return rig;
}

it("tells of entries that are gone without a trace when the queue is read, and counts them no more", async () => {
  const before = await openRig();
  const lane = before.declare("lane");
  for (const text of ["a", "b", "c"]) before.send(text, 1, lane);
  await before.commit();
  await before.store.close();
  const database = new ClassicLevel<Buffer, Buffer>(locationIn(folder), { keyEncoding: "buffer" });
  await database.del(keyOf((writer) => writeEntryKey(writer, lane, 1)));
  await database.close();

  const rig = await openRig();
  const taken: string[] = [];
  const takeAll = (): void => {
    for (let entry = queue.take(); entry; entry = queue.take()) taken.push(String(entry.message?.payload));
  };
  const queue = rig.queue("lane");
  queue.attach({ committedOnly: false, ready: takeAll });
  takeAll();
  await vi.waitFor(() => expect(taken).toEqual(["a", "c"]));

  expect(rig.effects.corruptions).toEqual(["queue lane: 1 of its messages are not there"]);
  expect(queue.count).toBe(2);
  await rig.store.close();
});
