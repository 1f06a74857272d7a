import type { Clock } from "../base/clock.ts";
import { describe } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { CommitWaiter, Journal } from "./journal.ts";
import type { Operation } from "./operations.ts";
import { QueueTrimmer } from "./queue-trimmer.ts";
import type { StateMachine } from "./state-machine.ts";
import type { CommitResult, StateStore } from "./store.ts";

export interface LocalJournalPorts {
  readonly machine: StateMachine;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  observeCommit(result: CommitResult, seconds: number): void;
  /** A commit failed; it is tried again. */
  commitFailed(): void;
}

/** Above this much waiting to be written, publishers are no longer read. */
const BEHIND_BYTES = 32 * 1024 * 1024;
/** With so many entries of the open batch on their way their acknowledgements are worth waiting for. */
const MANY_ON_THEIR_WAY = 32;
const LONGEST_GATHERING_MS = 20;
const GATHERING_STEP_MS = 1;
/** What is left with each write of the longest one. */
const FADING = 0.75;
const RETRY_FIRST_MS = 100;
const RETRY_MAXIMUM_MS = 5000;
const READ_AGAIN_MS = 1000;

/**
 * The journal of a broker that is alone: applies at once, and groups what one turn of the event loop changed, and
 * what arrived while the last batch was written, into the next batch. A batch with many entries that subscribers have
 * and will soon acknowledge stays open for as long as writes have lately taken: what is acknowledged by then spares the
 * disk both the entry and its delete. No timer, encoding or promise per operation.
 */
export class LocalJournal implements Journal {
  readonly #ports: LocalJournalPorts;
  readonly #trimmer: QueueTrimmer;
  #waiters: CommitWaiter[] = [];
  #tokens: number[] = [];
  #isScheduled = false;
  #isWriting = false;
  #isClosed = false;
  #isReadingAgain = false;
  #failures = 0;
  /** How long writes have lately taken: the longest, fading. */
  #writeMs = 0;
  #whenCaughtUp: (() => void)[] = [];
  #whenIdle: (() => void)[] = [];
  #endGathering: (() => void) | undefined;
  readonly #flushTurn = (): void => {
    this.#isScheduled = false;
    if (!this.#isWriting) void this.#write();
  };

  constructor(ports: LocalJournalPorts) {
    this.#ports = ports;
    ports.store.onCommitWanted = () => this.#schedule();
    ports.machine.onReadFailed = ({ name }) => this.#readAgain(name);
    const { store, clock } = ports;
    this.#trimmer = new QueueTrimmer({ store, clock, append: (operation) => this.append(operation) });
    ports.machine.onCrowded = (queue) => this.#trimmer.request(queue);
  }

  /** Why nothing is acknowledged at present; undefined while the store works. */
  failure: string | undefined;

  get isBehind(): boolean {
    return this.#ports.store.openBytes > BEHIND_BYTES;
  }

  // hot: once per durable change
  append(operation: Operation, waiter?: CommitWaiter, token = 0): void {
    this.#ports.machine.apply(operation);
    if (waiter !== undefined) {
      this.#waiters.push(waiter);
      this.#tokens.push(token);
    }
    this.#schedule();
  }

  whenCommitted(waiter: CommitWaiter, token: number): void {
    if (!this.#isWriting && !this.#isScheduled) {
      waiter.committed(token);
      return;
    }
    this.#waiters.push(waiter);
    this.#tokens.push(token);
  }

  whenCaughtUp(task: () => void): void {
    if (this.isBehind) this.#whenCaughtUp.push(task);
    else task();
  }

  /** Resolves when all that was appended is on disk, or after `close`. */
  async drain(): Promise<void> {
    if (this.#isClosed || (!this.#isWriting && !this.#isScheduled)) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
      this.#endGathering?.();
    });
  }

  /** No more writing: waiters that still wait are never told. */
  close(): void {
    this.#isClosed = true;
    this.#trimmer.close();
    this.#tellIdle();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    setImmediate(this.#flushTurn);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    const { machine } = this.#ports;
    while (machine.isDirty || this.#waiters.length > 0) {
      await this.#gather();
      if (this.#isClosed) return;
      const waiters = this.#waiters;
      const tokens = this.#tokens;
      this.#waiters = [];
      this.#tokens = [];
      await this.#commit();
      if (this.#isClosed) return;
      machine.committed();
      for (let i = 0; i < waiters.length; i++) waiters[i]?.committed(tokens[i] as number);
      this.#caughtUp();
    }
    this.#isWriting = false;
    this.#tellIdle();
  }

  async #gather(): Promise<void> {
    if (!this.#ports.store.isOnDisk) return;
    const end = performance.now() + Math.min(LONGEST_GATHERING_MS, this.#writeMs);
    while (this.#isWorthWaiting && performance.now() < end) {
      await new Promise<void>((resolve) => {
        this.#endGathering = resolve;
        this.#ports.clock.after(GATHERING_STEP_MS, resolve);
      });
    }
  }

  /** Not for who waits for the last batch: the process may have nothing else to wait for, and would end. */
  get #isWorthWaiting(): boolean {
    if (this.#isClosed || this.#whenIdle.length > 0) return false;
    return this.#ports.machine.onTheirWay >= MANY_ON_THEIR_WAY;
  }

  /** Writes the closed batch, again and again if need be: returns only when it is on disk (or after `close`). */
  async #commit(): Promise<void> {
    const { machine, store, logger } = this.#ports;
    for (;;) {
      machine.freeze(); // each time: a batch that failed takes in what came since
      const start = performance.now();
      try {
        const result = await store.commit();
        const tookMs = performance.now() - start;
        this.#writeMs = Math.max(tookMs, this.#writeMs * FADING);
        this.#ports.observeCommit(result, tookMs / 1000);
        if (this.failure !== undefined) logger.info({ failures: this.#failures }, "the store works again");
        this.failure = undefined;
        this.#failures = 0;
        return;
      } catch (error) {
        if (this.#isClosed) return;
        this.#failures++;
        this.#ports.commitFailed();
        this.failure = `the store cannot be written: ${describe(error)}`;
        logger.error(
          { err: error, failures: this.#failures },
          `${this.failure}; nothing is acknowledged until it can`,
        );
        await this.#pause(Math.min(RETRY_MAXIMUM_MS, RETRY_FIRST_MS * 2 ** (this.#failures - 1)));
        if (this.#isClosed) return; // the store may be closed by now
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#ports.clock.after(ms, resolve));
  }

  /** Not only with the next commit: there may be none for long. */
  #readAgain(queue: string): void {
    if (this.#isReadingAgain) return;
    this.#isReadingAgain = true;
    const { machine, clock, logger } = this.#ports;
    logger.error({ queue }, "messages of a queue could not be read; they are read again");
    clock.after(READ_AGAIN_MS, () => {
      this.#isReadingAgain = false;
      if (!this.#isClosed) machine.readAgain();
    });
  }

  #tellIdle(): void {
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #caughtUp(): void {
    if (this.#whenCaughtUp.length === 0 || this.isBehind) return;
    for (const task of this.#whenCaughtUp.splice(0)) task();
  }
}
