export type Cancel = () => void;

/** Time, injected so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `delayMs`; any length, also beyond the 24.8 days of setTimeout. */
  after(delayMs: number, task: () => void): Cancel;
}

const LONGEST_TIMEOUT_MS = 0x7fffffff;

/** The machine's clock; its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    let timer: NodeJS.Timeout;
    const arm = (restMs: number): void => {
      const step = Math.min(restMs, LONGEST_TIMEOUT_MS);
      timer = setTimeout(() => (restMs > step ? arm(restMs - step) : task()), step);
      timer.unref();
    };
    arm(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
