import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Random } from "../../simulation/random.ts";
import { ACKNOWLEDGED } from "./recorder.ts";

export interface DiskRecord {
  readonly type: string;
  readonly first: string;
  readonly second: Buffer;
}

export function parseRecords(log: Buffer): DiskRecord[] {
  const records: DiskRecord[] = [];
  for (let at = 0; at < log.length; ) {
    const type = log.toString("latin1", at, at + 1);
    const middle = at + 9 + log.readUInt32LE(at + 1);
    const end = middle + log.readUInt32LE(at + 5);
    records.push({ type, first: log.toString("utf8", at + 9, middle), second: log.subarray(middle, end) });
    at = end;
  }
  return records;
}

interface File {
  chunks: Buffer[];
  length: number;
  /** Bytes that survive. */
  safeLength: number;
  /** `length` when the synchronisation under way began. */
  lengthAtSync: number;
}

type NameChange = (names: Map<string, File>) => void;

const PAGE = 4096;

/**
 * A folder as a sequence of recorded calls leaves it, and as it may be found after power was lost. The model is that of
 * ext4 (data=ordered), XFS and Btrfs: names change in the order of the calls, and any synchronisation makes all
 * changes of names before it safe; bytes of a file that were not synchronised are there, torn off, zero or missing.
 */
export class RecordedDisk {
  /** By topic: the last sequence that was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  readonly #names = new Map<string, File>();
  readonly #safeNames = new Map<string, File>();
  #unsafeChanges: NameChange[] = [];
  /** Of `#unsafeChanges`, those that were made before the synchronisation of a path began. */
  readonly #changesAtSync = new Map<string, NameChange[]>();

  apply({ type, first, second }: DiskRecord): void {
    switch (type) {
      case "c":
        this.#create(first, second.toString() === "w");
        break;
      case "w":
        this.#write(first, second);
        break;
      case "b":
        this.#syncBegins(first);
        break;
      case "s":
        this.#synced(first);
        break;
      case "r":
        this.#change((names) => moveName(names, first, second.toString()));
        break;
      case "u":
        this.#change((names) => names.delete(first));
        break;
      case ACKNOWLEDGED:
        this.acknowledged.set(first, Number(second.toString()));
        break;
      default:
        throw new Error(`unknown record ${type}`);
    }
  }

  /** Writes the folder as it might be found if power were lost now. */
  async losePower(folder: string, random: Random): Promise<void> {
    const names = new Map(this.#safeNames);
    const survived = random.below(this.#unsafeChanges.length + 1);
    for (const change of this.#unsafeChanges.slice(0, survived)) change(names);
    await mkdir(folder, { recursive: true });
    for (const [path, file] of names) {
      await writeFile(join(folder, basename(path)), survivingBytes(file, random));
    }
  }

  #create(path: string, isEmptied: boolean): void {
    if (!isEmptied && this.#names.has(path)) return;
    const file: File = { chunks: [], length: 0, safeLength: 0, lengthAtSync: 0 };
    this.#change((names) => names.set(path, file));
  }

  #write(path: string, bytes: Buffer): void {
    const file = this.#names.get(path);
    if (file === undefined) return; // it was unlinked while it was open
    file.chunks.push(bytes);
    file.length += bytes.length;
  }

  #syncBegins(path: string): void {
    const file = this.#names.get(path);
    if (file !== undefined) file.lengthAtSync = file.length;
    this.#changesAtSync.set(path, [...this.#unsafeChanges]);
  }

  #synced(path: string): void {
    const file = this.#names.get(path);
    if (file !== undefined) file.safeLength = file.lengthAtSync;
    const changes = new Set(this.#changesAtSync.get(path));
    for (const change of this.#unsafeChanges) if (changes.has(change)) change(this.#safeNames);
    this.#unsafeChanges = this.#unsafeChanges.filter((change) => !changes.has(change));
  }

  #change(change: NameChange): void {
    change(this.#names);
    this.#unsafeChanges.push(change);
  }
}

function moveName(names: Map<string, File>, from: string, to: string): void {
  const file = names.get(from);
  if (file === undefined) return;
  names.set(to, file);
  names.delete(from);
}

/** What was synchronised, and behind it whatever the disk had come to. */
function survivingBytes(file: File, random: Random): Buffer {
  const whole = Buffer.concat(file.chunks);
  file.chunks = [whole];
  const { safeLength, length } = file;
  if (safeLength === length) return whole;
  const cut = safeLength + random.below(length - safeLength + 1);
  switch (random.below(5)) {
    case 0:
      return whole.subarray(0, safeLength);
    case 1:
      return whole.subarray(0, cut); // torn off at any byte
    case 2:
      return whole;
    case 3:
      return Buffer.concat([whole.subarray(0, cut), Buffer.alloc(length - cut)]); // its length was written first
    default: {
      const found = Buffer.from(whole); // one page was not written, later ones were
      const page = Math.max(safeLength, cut - (cut % PAGE));
      return found.fill(0, page, Math.min(length, page + PAGE));
    }
  }
}
