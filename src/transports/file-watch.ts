import { stat } from "node:fs/promises";
import type { Cancel, Clock } from "../base/clock.ts";

/** How often files are looked at, in milliseconds. */
export const WATCH_INTERVAL_MS = 2_000;

/**
 * Calls `onChanged` after one of the files has changed and then stayed the same for one interval: certificate and key
 * are seldom replaced at the same moment. Looks at the files rather than waiting for events, which editors, symbolic
 * links and network file systems break.
 */
export class FileWatch {
  readonly #paths: readonly string[];
  readonly #clock: Clock;
  readonly #onChanged: () => Promise<void>;
  #used: string | undefined;
  #seen: string | undefined;
  #cancel: Cancel | undefined;
  #isStopped = false;

  constructor(paths: readonly string[], clock: Clock, onChanged: () => Promise<void>) {
    this.#paths = paths;
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  /** Takes the files as they are now for those in use. */
  async start(): Promise<void> {
    this.#used = await this.#look();
    this.#seen = this.#used;
    this.#waitAgain();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #waitAgain(): void {
    if (!this.#isStopped) this.#cancel = this.#clock.after(WATCH_INTERVAL_MS, () => void this.#compare());
  }

  async #compare(): Promise<void> {
    const now = await this.#look();
    const isSettled = now === this.#seen;
    this.#seen = now;
    if (isSettled && now !== this.#used) {
      this.#used = now;
      await this.#onChanged();
    }
    this.#waitAgain();
  }

  async #look(): Promise<string> {
    return (await Promise.all(this.#paths.map(lookAt))).join("|");
  }
}

async function lookAt(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [ino, size, mtimeMs, ctimeMs].join(",");
  } catch {
    return "missing"; // reading it, when that is called for, says why
  }
}
