import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWith } from "../support/describe-with.ts";
import { faultsInFolder } from "../support/faults-in-folder.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { createLoad, openSleepers } from "../support/sleepers.ts";
import { acknowledgedBy, expectProgress, expectRefusal, expectResumption } from "./failing-store.ts";

const MIB = 1024 * 1024;
const DISK_MIB = 64;
const BALLAST_MIB = 40;
const NEEDS = {
  what: "the right to mount a file system (root on Linux)",
  isThere: mayMount(),
  isRight: true,
};

describeWith(NEEDS, "a broker whose disk is full", () => {
  let disk: string;
  let broker: KillableBroker;

  beforeEach(async () => {
    disk = mount(DISK_MIB) as string;
    await writeFile(join(disk, "ballast"), Buffer.alloc(BALLAST_MIB * MIB));
    broker = await KillableBroker.create({ dataFolder: join(disk, "data") });
    await broker.start();
  });
  afterEach(async () => {
    await broker?.dispose();
    unmount(disk);
  });

  it("acknowledges nothing more, says so, goes on with QoS 0, and recovers when there is space again", {
    timeout: 120_000,
  }, async () => {
    const publishers = createLoad({ port: broker.tcpPort, window: 4, payloadBytes: 20_000 });
    await openSleepers(broker);
    for (const publisher of publishers) await publisher.connect();
    for (const publisher of publishers) publisher.start();
    await expectProgress(publishers, 50);

    await expectRefusal(broker, publishers);

    await rm(join(disk, "ballast"));
    await expectResumption(broker, publishers);
    await broker.kill();
    expect(await faultsInFolder(broker.dataFolder, acknowledgedBy(publishers))).toEqual([]);
  });

  it("keeps what it acknowledged when it is killed while the disk is full", {
    timeout: 120_000,
  }, async () => {
    const publishers = createLoad({ port: broker.tcpPort, window: 4, payloadBytes: 20_000 });
    await openSleepers(broker);
    for (const publisher of publishers) await publisher.connect();
    for (const publisher of publishers) publisher.start();
    await expectRefusal(broker, publishers);

    await broker.kill();
    await rm(join(disk, "ballast"));
    for (const publisher of publishers) publisher.pause();
    await broker.start();
    for (const publisher of publishers) await publisher.connect();

    for (const publisher of publishers) publisher.start();
    await expectResumption(broker, publishers);
    await broker.kill();
    expect(await faultsInFolder(broker.dataFolder, acknowledgedBy(publishers))).toEqual([]);
  });
});

/** The folder of a new file system of that size; undefined when this is not permitted. */
function mount(mebibytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "causeway-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]);
  if (status === 0) return folder;
  rmdirSync(folder);
  return undefined;
}

function unmount(folder: string): void {
  spawnSync("umount", ["-l", folder]);
  rmdirSync(folder);
}

function mayMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = mount(1);
  if (folder !== undefined) unmount(folder);
  return folder !== undefined;
}
