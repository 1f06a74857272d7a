import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Random } from "../../simulation/random.ts";
import { faultsInFolder } from "../support/faults-in-folder.ts";
import { type DiskRecord, RecordedDisk } from "./lost-power.ts";
import { ACKNOWLEDGED } from "./recorder.ts";

export interface Verdict {
  readonly faults: string[];
  acknowledged: number;
  losses: number;
  files: number;
}

/** At so many moments of the run, mostly just after an acknowledgement or a change of names. */
export async function loseRepeatedly(
  records: readonly DiskRecord[],
  ready: number,
  random: Random,
  times: number,
): Promise<Verdict> {
  const moments = chooseMoments(records, ready, random, times);
  const disk = new RecordedDisk();
  const files = records.filter(({ type }) => type === "c").length;
  const verdict: Verdict = { faults: [], acknowledged: 0, losses: 0, files };
  for (let n = 0; n < records.length && verdict.faults.length === 0; n++) {
    disk.apply(records[n] as DiskRecord);
    for (let left = moments.get(n) ?? 0; left > 0; left--) {
      const found = await faultsAfterLoss(disk, random);
      verdict.faults.push(...found.map((fault) => `after record ${n}: ${fault}`));
      verdict.losses++;
    }
  }
  for (const sequence of disk.acknowledged.values()) verdict.acknowledged += sequence;
  return verdict;
}

function chooseMoments(
  records: readonly DiskRecord[],
  ready: number,
  random: Random,
  times: number,
): Map<number, number> {
  const all = records.map((_, n) => n).slice(ready);
  const acknowledgements = all.filter((n) => records[n]?.type === ACKNOWLEDGED);
  const names = all.filter((n) => "cru".includes(records[n]?.type ?? ""));
  const moments = new Map<number, number>();
  for (let n = 0; n < times; n++) {
    const moment = random.pick([all, acknowledgements, names][n % 3] as number[]);
    moments.set(moment, (moments.get(moment) ?? 0) + 1);
  }
  return moments;
}

async function faultsAfterLoss(disk: RecordedDisk, random: Random): Promise<string[]> {
  const folder = join(tmpdir(), `causeway-lost-power-${process.pid}`);
  await disk.losePower(join(folder, "store"), random);
  try {
    return await faultsInFolder(folder, disk.acknowledged);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
