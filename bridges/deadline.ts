import type { Clock } from "../src/base/clock.ts";

/** Waits for `work` at most `milliseconds`; true when it ended in time, whether it resolved or rejected. */
export function endsWithin(clock: Clock, milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(milliseconds, () => resolve(false));
    const ended = (): void => {
      cancel();
      resolve(true);
    };
    work.then(ended, ended);
  });
}
