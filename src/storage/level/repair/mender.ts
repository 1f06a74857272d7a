import { ByteWriter } from "../byte-writer.ts";
import type { Database } from "../database.ts";
import { beginValue, endValue } from "../records.ts";

/** Lines kept of each kind; more are only counted. */
const MOST_LINES = 1000;
/** What is changed in one write. */
const BATCH_OPERATIONS = 512;
const BATCH_BYTES = 1024 * 1024;

/** Collects lines for the operator, with a bound. */
export class Lines {
  readonly #lines: string[] = [];
  #left = 0;

  add(line: string): void {
    if (this.#lines.length < MOST_LINES) this.#lines.push(line);
    else this.#left++;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  toArray(): string[] {
    return this.#left === 0 ? this.#lines : [...this.#lines, `… and ${this.#left} more`];
  }
}

/** Notes what is wrong and, when it may, changes the database: in bounded writes. */
export class Mender {
  readonly findings = new Lines();
  readonly lost = new Lines();
  readonly #database: Database;
  readonly #mayChange: boolean;
  readonly #writer = new ByteWriter();
  #batch: ReturnType<Database["batch"]> | undefined;
  #bytes = 0;

  constructor(database: Database, mayChange: boolean) {
    this.#database = database;
    this.#mayChange = mayChange;
  }

  found(line: string): void {
    this.findings.add(line);
  }

  lose(line: string): void {
    this.lost.add(line);
  }

  async delete(key: Buffer): Promise<void> {
    if (!this.#mayChange) return;
    this.#open().del(key);
    await this.#grown(key.length);
  }

  async put(
    writeKey: (writer: ByteWriter) => void,
    writeFields: (writer: ByteWriter) => void,
  ): Promise<void> {
    if (!this.#mayChange) return;
    const writer = this.#writer;
    writer.reset();
    writeKey(writer);
    const keyLength = writer.length;
    beginValue(writer);
    writeFields(writer);
    endValue(writer);
    const record = writer.view();
    this.#open().put(record.subarray(0, keyLength), record.subarray(keyLength));
    await this.#grown(record.length);
  }

  /** Writes what is left; what comes later sees it. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    this.#bytes = 0;
    await batch?.write({ sync: true });
  }

  #open(): ReturnType<Database["batch"]> {
    this.#batch ??= this.#database.batch();
    return this.#batch;
  }

  async #grown(bytes: number): Promise<void> {
    this.#bytes += bytes;
    const operations = this.#batch?.length ?? 0;
    if (operations >= BATCH_OPERATIONS || this.#bytes >= BATCH_BYTES) await this.flush();
  }
}
