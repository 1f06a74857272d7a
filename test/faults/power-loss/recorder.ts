import { spawnSync } from "node:child_process";
import { openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../support/services/services.ts";

const SOURCE = fileURLToPath(new URL("./recorder.c", import.meta.url));

export const SMALL_FILES = new URL("./small-files.js", import.meta.url);

/** The type of a record that the test adds: `first` is a topic, `second` the sequence that was acknowledged. */
export const ACKNOWLEDGED = "k";

/** `recorder.c`, compiled, and the file it writes, to which the test adds what was acknowledged. */
export class Recorder {
  readonly file: string;
  /** Names calls that are to fail. */
  readonly failingCalls: string;
  readonly #folder: string;
  readonly #library: string;
  readonly #fd: number;

  static async create(): Promise<Recorder> {
    const folder = await mkdtemp(join(tmpdir(), "causeway-recorder-"));
    const library = join(folder, "recorder.so");
    const arguments_ = ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl", "-lpthread"];
    const { status, stderr } = spawnSync(compiler() as string, arguments_, { encoding: "utf8" });
    if (status !== 0) throw new Error(`recorder.c cannot be compiled: ${stderr}`);
    return new Recorder(folder, library);
  }

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#library = library;
    this.file = join(folder, "records");
    this.failingCalls = join(folder, "failing-calls");
    this.#fd = openSync(this.file, "a", 0o600);
  }

  /** The environment of a process whose writes below `folder` are recorded. */
  environment(folder: string): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: this.#library,
      RECORD_FILE: this.file,
      RECORDED_FOLDER: folder,
      FAILING_CALLS: this.failingCalls,
    };
  }

  /** Called when the acknowledgement has come: everything it stands for was recorded before. */
  acknowledged(topicName: string, sequence: number): void {
    const [first, second] = [Buffer.from(topicName), Buffer.from(String(sequence))];
    const head = Buffer.alloc(9);
    head.write(ACKNOWLEDGED, 0, "latin1");
    head.writeUInt32LE(first.length, 1);
    head.writeUInt32LE(second.length, 5);
    writeSync(this.#fd, Buffer.concat([head, first, second]));
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The path of a C compiler, where the recorder can work: with glibc. */
function compiler(): string | undefined {
  if (process.platform !== "linux") return undefined;
  return findProgram("cc") ?? findProgram("gcc");
}

export const C_COMPILER = {
  what: "a C compiler on Linux (apt-get install gcc)",
  isThere: compiler() !== undefined,
};
