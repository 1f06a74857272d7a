import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { describe, InputError, StorageError } from "../../base/errors.ts";

const BUFFER_BYTES = 256 * 1024;
/** While a pipe is full. */
const WAIT_MS = 5;
/** The largest packet of MQTT as base64, and room for what stands around it. */
const MAXIMUM_LINE_BYTES = 400 * 1024 * 1024;
const NEWLINE = 0x0a;

/** The file of this name, "-" for standard input or output. */
export const STANDARD = "-";

/** Writes lines synchronously: a slow target holds the reader of the store back, so nothing piles up in memory. */
export class LineWriter {
  readonly #file: string;
  readonly #descriptor: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));

  /** A new file, readable by its owner only; one that is there is not overwritten. */
  constructor(file: string) {
    this.#file = file;
    try {
      this.#descriptor = file === STANDARD ? 1 : openSync(file, "wx", 0o600);
    } catch (cause) {
      throw unwritable(file, cause);
    }
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= BUFFER_BYTES) this.#flush();
  }

  /** Everything is on disk. */
  close(): void {
    this.#flush();
    if (this.#descriptor === 1) return;
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (let at = 0; at < bytes.length; ) at += this.#writeSome(bytes, at);
  }

  #writeSome(bytes: Buffer, at: number): number {
    try {
      return writeSync(this.#descriptor, bytes, at);
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EAGAIN")) {
        throw unwritable(this.#file, cause);
      }
      Atomics.wait(this.#pause, 0, 0, WAIT_MS);
      return 0;
    }
  }
}

function unwritable(file: string, cause: unknown): StorageError {
  const name = file === STANDARD ? "standard output" : file;
  return new StorageError("STORAGE_UNWRITABLE", `${name} cannot be written: ${describe(cause)}`, { cause });
}

export interface NumberedLine {
  readonly text: string;
  /** File and line, for errors. */
  readonly place: string;
}

/** The lines of a file, of which one at a time is in memory. */
export async function* readLines(file: string): AsyncGenerator<NumberedLine> {
  const name = file === STANDARD ? "standard input" : file;
  let number = 0;
  try {
    for await (const line of splitLines(open(file), name)) {
      number++;
      if (line.length > 0) yield { text: line.toString("utf8"), place: `${name}:${number}` };
    }
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new InputError(`${name}: cannot be read: ${describe(cause)}`, { cause });
  }
}

function open(file: string): Readable {
  return file === STANDARD ? process.stdin : createReadStream(file, { highWaterMark: BUFFER_BYTES });
}

async function* splitLines(input: Readable, name: string): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]);
      parts = [];
      bytes = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > MAXIMUM_LINE_BYTES) throw new InputError(`${name}: a line is longer than any message can be`);
  }
  yield Buffer.concat(parts);
}
