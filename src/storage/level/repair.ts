import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import {
  createDatabase,
  DATABASE_OPTIONS,
  type Database,
  deepest,
  expectUnlocked,
  failed,
  isUnreadable,
  locationIn,
  noStore,
} from "./database.ts";
import { checkOwner, renewFormat } from "./format.ts";
import { findFileDamage } from "./level-files.ts";
import { copyDatabase, discardLostFiles } from "./repair/folders.ts";
import { Mender } from "./repair/mender.ts";
import { Survey } from "./repair/survey.ts";

/** What was found in a store, and what became of it. */
export interface StoreReport {
  /** After a repair: whether what is there now is sound. */
  readonly isHealthy: boolean;
  /** Records read. */
  readonly records: number;
  /** What is, or was, wrong; a line each, at most a thousand. */
  readonly findings: readonly string[];
  /** What a repair could not, or cannot, bring back. */
  readonly lost: readonly string[];
  /** The copy of the damaged database that a repair made first. */
  readonly savedTo: string | undefined;
}

const OPEN_ONLY = { ...DATABASE_OPTIONS, createIfMissing: false } as const;

/**
 * Reads the whole store of a broker that is stopped: every record, and whether they agree. Works on a copy that shares
 * LevelDB's tables, because LevelDB changes files even when it only opens them (but for its LOG, which begins anew). Rejects with a StorageError when there
 * is no store, a broker runs on it, or its format is another.
 */
export async function checkStore(folder: string): Promise<StoreReport> {
  await expectStopped(folder);
  const damage = await findFileDamage(locationIn(folder));
  if (damage !== undefined) return unreadable(damage);
  const copy = join(folder, "store.check");
  try {
    await rm(copy, { recursive: true, force: true }); // of a check that was killed
    await copyDatabase(locationIn(folder), copy);
    return await surveyCopy(copy, folder);
  } catch (error) {
    throw failed("Checking", folder, error);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * Mends the store of a broker that is stopped, and says what is lost. Nothing is changed when nothing is wrong; else the
 * damaged database is first saved beside it.
 */
export async function repairStore(
  folder: string,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<StoreReport> {
  const before = await checkStore(folder);
  if (before.isHealthy) return before;
  try {
    const savedTo = await save(folder, clock);
    logger.info({ savedTo }, "the damaged store was saved");
    const mended = await mend(folder, logger, clock);
    const after = await checkStore(folder);
    const lines = (name: "findings" | "lost"): string[] => [...new Set([...before[name], ...mended[name]])];
    return { ...after, findings: lines("findings"), lost: lines("lost"), savedTo };
  } catch (error) {
    throw failed("Repairing", folder, error);
  }
}

async function expectStopped(folder: string): Promise<void> {
  const names = await readdir(locationIn(folder)).catch(() => []); // told below
  if (!names.some((name) => /^(CURRENT|MANIFEST-.*|.*\.(ldb|sst|log))$/.test(name))) throw noStore(folder);
  await expectUnlocked(createDatabase(locationIn(folder), OPEN_ONLY), folder);
}

function unreadable(damage: string): StoreReport {
  const findings = [`the database cannot be opened: ${damage}`];
  return { isHealthy: false, records: 0, findings, lost: [], savedTo: undefined };
}

async function surveyCopy(copy: string, folder: string): Promise<StoreReport> {
  const database = createDatabase(copy, OPEN_ONLY);
  try {
    await database.open();
    return await survey(database, folder, new Mender(database, false));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return unreadable(deepest(error));
  } finally {
    await database.close();
  }
}

async function survey(database: Database, folder: string, mender: Mender): Promise<StoreReport> {
  const isMarked = await checkOwner(database, folder);
  if (!isMarked) mender.found("the record with the format version is missing");
  const run = new Survey(database, mender);
  await run.run();
  const [findings, lost] = [mender.findings.toArray(), mender.lost.toArray()];
  return { isHealthy: findings.length === 0, records: run.records, findings, lost, savedTo: undefined };
}

async function save(folder: string, clock: Clock): Promise<string> {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  const savedTo = join(folder, `store.damaged-${time}`);
  await copyDatabase(locationIn(folder), savedTo);
  return savedTo;
}

/** Once more through LevelDB's own repair when its files cannot be read as they are. */
async function mend(
  folder: string,
  logger: Logger,
  clock: Clock,
): Promise<Pick<StoreReport, "findings" | "lost">> {
  const damage = await findFileDamage(locationIn(folder));
  if (damage === undefined) {
    try {
      return await mendRecords(folder, clock);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      logger.warn({ reason: deepest(error) }, "LevelDB cannot read its files");
    }
  }
  logger.info({ damage }, "LevelDB repairs its files");
  await ClassicLevel.repair(locationIn(folder));
  const unused = await discardLostFiles(locationIn(folder));
  const mended = await mendRecords(folder, clock);
  if (unused === 0) return mended;
  return {
    ...mended,
    findings: [...mended.findings, `${unused} files of LevelDB could be read only in part`],
  };
}

async function mendRecords(folder: string, clock: Clock): Promise<StoreReport> {
  const database = createDatabase(locationIn(folder), OPEN_ONLY);
  try {
    await database.open();
    const mender = new Mender(database, true);
    const report = await survey(database, folder, mender);
    await renewFormat(database, folder, clock.now());
    return report;
  } finally {
    await database.close();
  }
}
