import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ByteReader, CorruptRecord } from "./byte-reader.ts";

/** LevelDB cuts its logs into blocks of this size; no record begins in the last six bytes of one. */
const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const Piece = { Full: 1, First: 2, Middle: 3, Last: 4 } as const;

/** Fields of a change of version, as LevelDB numbers them. */
const Field = {
  Comparator: 1,
  LogNumber: 2,
  NextFile: 3,
  LastSequence: 4,
  CompactPointer: 5,
  DeletedFile: 6,
  NewFile: 7,
  PreviousLog: 9,
} as const;

/** What a MANIFEST says must be in the folder. */
interface Version {
  /** Sizes in bytes, by file number. */
  readonly tables: Map<number, number>;
  /** The log that holds what is in no table yet; 0 = none. */
  logNumber: number;
}

/**
 * The first thing amiss with LevelDB's files, undefined when all are there. To be asked before LevelDB opens them: without
 * CURRENT it begins anew, a missing log it passes over, and then it deletes every file it no longer knows.
 */
export async function findFileDamage(location: string): Promise<string | undefined> {
  const names = await namesIn(location);
  const holdsData = names.some((name) => /\.(ldb|sst|log)$/.test(name));
  if (!names.includes("CURRENT")) return holdsData ? "the file CURRENT is missing" : undefined;
  const current = await readFile(join(location, "CURRENT"), "latin1");
  if (!/^MANIFEST-\d+\n$/.test(current)) return "the file CURRENT is damaged";
  const manifest = current.trimEnd();
  if (!names.includes(manifest)) return `the file ${manifest} is missing`;
  const version = versionIn(await readFile(join(location, manifest)));
  return version && findMissing(version, location, names);
}

/** Names of the tables that hold data; others were left behind, and LevelDB may write over them. Empty when unknown. */
export async function tablesInUse(location: string): Promise<ReadonlySet<string>> {
  if ((await findFileDamage(location)) !== undefined) return new Set();
  const current = await readFile(join(location, "CURRENT"), "latin1");
  const version = versionIn(await readFile(join(location, current.trimEnd())));
  return new Set([...(version?.tables.keys() ?? [])].flatMap(tableNames));
}

async function findMissing(
  { tables, logNumber }: Version,
  location: string,
  names: readonly string[],
): Promise<string | undefined> {
  if (logNumber !== 0 && !names.includes(`${nameOf(logNumber)}.log`)) {
    return `the file ${nameOf(logNumber)}.log is missing`;
  }
  const present = new Set(names);
  for (const [number, bytes] of tables) {
    const name = tableNames(number).find((candidate) => present.has(candidate));
    if (name === undefined) return `the file ${nameOf(number)}.ldb is missing`;
    const { size } = await stat(join(location, name));
    if (size !== bytes) return `the file ${name} has ${size} bytes instead of ${bytes}`;
  }
  return undefined;
}

async function namesIn(location: string): Promise<string[]> {
  try {
    return await readdir(location);
  } catch {
    return []; // not there yet: opening says what else may be wrong with it
  }
}

/** Old databases of LevelDB have tables of the second name. */
function tableNames(number: number): readonly string[] {
  return [`${nameOf(number)}.ldb`, `${nameOf(number)}.sst`];
}

function nameOf(number: number): string {
  return String(number).padStart(6, "0");
}

/** Undefined when it is not as expected: LevelDB is to judge. */
function versionIn(manifest: Buffer): Version | undefined {
  const version: Version = { tables: new Map(), logNumber: 0 };
  try {
    for (const record of logRecords(manifest)) applyEdit(new ByteReader(record, 0, record.length), version);
    return version;
  } catch (error) {
    if (error instanceof CorruptRecord) return undefined;
    throw error;
  }
}

/** Puts the pieces of each record together; what a crash cut off at the end is left out, as LevelDB does. */
function* logRecords(log: Buffer): Generator<Buffer> {
  let pieces: Buffer[] = [];
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (leftInBlock < HEADER_BYTES) {
      at += leftInBlock;
      continue;
    }
    const end = at + HEADER_BYTES + log.readUInt16LE(at + 4);
    const piece = log[at + 6];
    if (end > log.length) return;
    if (piece === Piece.Full || piece === Piece.First) pieces = [];
    else if (piece !== Piece.Middle && piece !== Piece.Last) throw new CorruptRecord("unknown piece");
    pieces.push(log.subarray(at + HEADER_BYTES, end));
    if (piece === Piece.Full || piece === Piece.Last) yield Buffer.concat(pieces);
    at = end;
  }
}

function applyEdit(reader: ByteReader, version: Version): void {
  while (!reader.isAtEnd) {
    switch (reader.varint()) {
      case Field.LogNumber:
        version.logNumber = reader.varint();
        break;
      case Field.NextFile:
      case Field.LastSequence:
      case Field.PreviousLog:
        reader.varint();
        break;
      case Field.Comparator:
        reader.bytes();
        break;
      case Field.CompactPointer:
        reader.varint();
        reader.bytes();
        break;
      case Field.DeletedFile:
        reader.varint();
        version.tables.delete(reader.varint());
        break;
      case Field.NewFile:
        readNewFile(reader, version);
        break;
      default:
        throw new CorruptRecord("unknown field");
    }
  }
}

function readNewFile(reader: ByteReader, version: Version): void {
  reader.varint();
  const number = reader.varint();
  version.tables.set(number, reader.varint());
  reader.bytes();
  reader.bytes();
}
