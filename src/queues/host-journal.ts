import { type Definition, definitionName, encodeDefinition } from "./definitions.ts";
import type { CommitWaiter, HeaderCodec, QueueJournal } from "./ports.ts";

/** Keeps the definitions of durable things, and tells waiters when what they asked for is as durable as it gets. */
export class HostJournal<L> implements CommitWaiter {
  readonly #journal: QueueJournal<L>;
  readonly #codec: HeaderCodec;
  /** Changes of definitions so far, those whose commit is awaited, and those that are durable. */
  #changes = 0;
  #awaited = 0;
  #durable = 0;

  constructor(journal: QueueJournal<L>, codec: HeaderCodec) {
    this.#journal = journal;
    this.#codec = codec;
  }

  keep(definition: Definition): void {
    this.#journal.define(definitionName(definition, this.#codec), encodeDefinition(definition, this.#codec));
    this.#changes++;
  }

  forget(definition: Definition): void {
    this.#journal.define(definitionName(definition, this.#codec), undefined);
    this.#changes++;
  }

  /** Runs the waiter when all that was changed so far is durable: messages too. */
  whenCommitted(waiter: CommitWaiter, token: number): void {
    this.#journal.whenCommitted(waiter, token);
  }

  /**
   * Ends a request: at once when all definitions are durable. One that changes nothing waits as well while what it found
   * is not: a second declare-ok promises what the first does.
   */
  answer(waiter: CommitWaiter, token: number): void {
    if (this.#awaited < this.#changes) {
      this.#awaited = this.#changes;
      this.#journal.whenCommitted(this, this.#changes);
    }
    if (this.#durable === this.#changes) waiter.committed(token);
    else this.#journal.whenCommitted(waiter, token);
  }

  committed(changes: number): void {
    this.#durable = changes;
  }
}
