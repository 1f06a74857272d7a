import { rename, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { FileWatch, WATCH_INTERVAL_MS } from "../../src/transports/file-watch.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Runs the one timer a watch has, and resolves when it has armed the next. */
class Interval {
  readonly delays: number[] = [];
  #task: (() => void) | undefined;
  #onArmed: (() => void) | undefined;

  now = (): number => 0;

  after(delayMs: number, task: () => void): () => void {
    this.delays.push(delayMs);
    this.#task = task;
    this.#onArmed?.();
    return () => {
      this.#task = undefined;
    };
  }

  get isArmed(): boolean {
    return this.#task !== undefined;
  }

  pass(): Promise<void> {
    const task = this.#task;
    this.#task = undefined;
    return new Promise((resolve) => {
      this.#onArmed = resolve;
      task?.();
    });
  }
}

describe("file watch", () => {
  let folder: string;
  let path: string;
  let clock: Interval;
  let changes: number;
  let watch: FileWatch;

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, "file");
    await writeFile(path, "first");
    clock = new Interval();
    changes = 0;
    watch = new FileWatch([path, join(folder, "other")], clock, async () => {
      changes++;
    });
    await watch.start();
  });

  it("says nothing while nothing changes", async () => {
    await clock.pass();
    await clock.pass();

    expect(changes).toBe(0);
    expect(clock.delays).toEqual([WATCH_INTERVAL_MS, WATCH_INTERVAL_MS, WATCH_INTERVAL_MS]);
  });

  it("tells of a change once, after the files have stayed the same for an interval", async () => {
    await writeFile(path, "second text");

    await clock.pass();
    expect(changes).toBe(0);
    await clock.pass();
    expect(changes).toBe(1);
    await clock.pass();
    expect(changes).toBe(1);
  });

  it("waits while the files go on changing", async () => {
    await writeFile(path, "half");
    await clock.pass();
    await writeFile(join(folder, "other"), "the other half");
    await clock.pass();
    expect(changes).toBe(0);

    await clock.pass();

    expect(changes).toBe(1);
  });

  it("sees a file that was replaced by one of the same size and time", async () => {
    const time = new Date(1_000_000);
    await utimes(path, time, time);
    await clock.pass();
    await clock.pass();
    await writeFile(`${path}.new`, "other");
    await utimes(`${path}.new`, time, time);
    const before = changes;

    await rename(`${path}.new`, path);
    await clock.pass();
    await clock.pass();

    expect(changes - before).toBe(1);
  });

  it("sees a symbolic link that is turned to another file", async () => {
    await writeFile(join(folder, "next"), "next");
    await symlink(join(folder, "next"), `${path}.new`);

    await rename(`${path}.new`, path);
    await clock.pass();
    await clock.pass();

    expect(changes).toBe(1);
  });

  it("tells that a file is gone, and that it is back", async () => {
    await unlink(path);
    await clock.pass();
    await clock.pass();
    expect(changes).toBe(1);

    await writeFile(path, "back");
    await clock.pass();
    await clock.pass();

    expect(changes).toBe(2);
  });

  it("does not look again once it is stopped", () => {
    watch.stop();

    expect(clock.isArmed).toBe(false);
  });
});
