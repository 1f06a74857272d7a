import { type Definition, definitionName, encodeDefinition } from "./definitions.ts";
import type { CommitWaiter, HeaderCodec, QueueJournal } from "./ports.ts";

/** Keeps the definitions of durable things, and tells waiters when what they asked for is as durable as it gets. */
export class HostJournal<L> {
  readonly #journal: QueueJournal<L>;
  readonly #codec: HeaderCodec;
  #isPending = false;

  constructor(journal: QueueJournal<L>, codec: HeaderCodec) {
    this.#journal = journal;
    this.#codec = codec;
  }

  keep(definition: Definition): void {
    this.#journal.define(definitionName(definition, this.#codec), encodeDefinition(definition, this.#codec));
    this.#isPending = true;
  }

  forget(definition: Definition): void {
    this.#journal.define(definitionName(definition, this.#codec), undefined);
    this.#isPending = true;
  }

  /** Runs the waiter when all that was changed so far is durable: messages too. */
  whenCommitted(waiter: CommitWaiter, token: number): void {
    this.#journal.whenCommitted(waiter, token);
  }

  /** Ends a request: at once when nothing durable was changed since the last one. */
  answer(waiter: CommitWaiter, token: number): void {
    const isPending = this.#isPending;
    this.#isPending = false;
    if (isPending) this.#journal.whenCommitted(waiter, token);
    else waiter.committed(token);
  }
}
