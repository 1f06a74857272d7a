import type { Operation } from "./operations.ts";

/** Who waits for an operation to be durable. One object per connection serves all its packets by number. */
export interface CommitWaiter {
  /** The operation handed over with this token, and all before it, are as durable as configured. */
  committed(token: number): void;
}

/**
 * Durable changes, applied in one order. Callers may not rely on `apply` having run, or not run, when `append`
 * returns. There is no failure to report: while the store fails, waiters wait, and nothing is acknowledged.
 */
export interface Journal {
  append(operation: Operation, waiter?: CommitWaiter, token?: number): void;
  /** Tells the waiter when all that was appended so far is durable: at once when it is already. */
  whenCommitted(waiter: CommitWaiter, token: number): void;
  /** True while more waits to be written than memory should hold: readers of QoS 1 and 2 pause. */
  readonly isBehind: boolean;
  /** Runs `task` once when the journal is no longer behind. */
  whenCaughtUp(task: () => void): void;
}
