import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** LevelDB's log: blocks of this size, in them pieces with a header of check (4), length (2) and kind (1). */
const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const Kind = { Full: 1, First: 2, Middle: 3, Last: 4 } as const;
const CHECK_DELTA = 0xa282ead8;

/**
 * Where the logs of a database are damaged: a line each. To be asked before LevelDB opens them, because it passes over
 * what it cannot read without a word. A log that only ends early is not damaged: so it looks after power was lost.
 */
export async function findLogDamage(location: string): Promise<string[]> {
  const names = (await namesIn(location)).filter((name) => name.endsWith(".log")).sort();
  const found: string[] = [];
  for (const name of names) {
    const offset = damageIn(await readFile(join(location, name)));
    if (offset !== undefined)
      found.push(`the log ${name} is damaged at byte ${offset}: what it held there is lost`);
  }
  return found;
}

/** The first place that cannot be read and is followed by a whole record; undefined when there is none. */
export function damageIn(log: Buffer): number | undefined {
  const { damagedAt, goesOn } = look(log);
  return goesOn ? damagedAt : undefined;
}

/** Where the last record begins, when it cannot be read: it was being written. Undefined when all can, or more follows. */
export function tornTailOf(log: Buffer): number | undefined {
  const { damagedAt, goesOn, recordAt } = look(log);
  return damagedAt === undefined || goesOn ? undefined : recordAt;
}

interface Look {
  /** The first place that cannot be read. */
  readonly damagedAt: number | undefined;
  /** Where the record begins that it belongs to. */
  readonly recordAt: number;
  /** A whole record follows it. */
  readonly goesOn: boolean;
}

function look(log: Buffer): Look {
  let damagedAt: number | undefined;
  let recordAt = 0;
  let hasBegun = false;
  for (const { at, kind } of piecesOf(log)) {
    const isWhole = kind === Kind.Full || (kind === Kind.Last && hasBegun);
    if (damagedAt !== undefined && isWhole) return { damagedAt, recordAt, goesOn: true };
    if (damagedAt === undefined && !hasBegun) recordAt = at;
    if (kind === undefined) damagedAt ??= at;
    hasBegun = kind === Kind.First || (hasBegun && kind === Kind.Middle);
  }
  return { damagedAt, recordAt, goesOn: false };
}

/** The pieces of a log; one without a kind cannot be read, and hides the rest of its block, as it does from LevelDB. */
function* piecesOf(log: Buffer): Generator<{ readonly at: number; readonly kind: number | undefined }> {
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES;
    const end = at + HEADER_BYTES + log.readUInt16LE(at + 4);
    if (blockEnd - at < HEADER_BYTES) at = blockEnd;
    else if (end > Math.min(blockEnd, log.length) || !isIntact(log, at, end)) {
      yield { at, kind: undefined };
      at = blockEnd;
    } else {
      yield { at, kind: log[at + 6] };
      at = end;
    }
  }
}

async function namesIn(location: string): Promise<string[]> {
  try {
    return await readdir(location);
  } catch {
    return []; // a new folder
  }
}

/** The check covers the kind and the bytes. */
function isIntact(log: Buffer, at: number, end: number): boolean {
  const check = crc32c(log, at + 6, end);
  const masked = (((check >>> 15) | (check << 17)) + CHECK_DELTA) >>> 0;
  return masked === log.readUInt32LE(at);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let bits = byte;
  for (let n = 0; n < 8; n++) bits = bits & 1 ? (bits >>> 1) ^ 0x82f63b78 : bits >>> 1;
  return bits;
});

/** CRC-32C, which zlib has not. */
function crc32c(bytes: Buffer, start: number, end: number): number {
  let crc = 0xffff_ffff;
  for (let i = start; i < end; i++) {
    crc = (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
