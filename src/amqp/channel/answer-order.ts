import type { CommitWaiter } from "../ports.ts";

interface Answer {
  readonly token: number;
  /** Undefined while it is not known. */
  send: (() => void) | undefined;
  /** Instead of `send`, when the channel ends before. */
  giveUp: (() => void) | undefined;
  isCommitted: boolean;
}

/**
 * The answers a channel owes, sent in the order of the requests: one leaves when it is known and what it promises is
 * durable. A token belongs to one answer.
 */
export class AnswerOrder implements CommitWaiter {
  readonly #waiting: Answer[] = [];
  #lastToken = 0;
  #isClosed = false;
  readonly #left: () => void;

  /** `left` is told when an answer has left. */
  constructor(left: () => void) {
    this.#left = left;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** An answer that waits for a commit, and perhaps for more: `give` it. Returns its token. */
  expect(): number {
    const token = ++this.#lastToken;
    this.#waiting.push({ token, send: undefined, giveUp: undefined, isCommitted: false });
    return token;
  }

  /** An answer that waits for no commit, but is not known yet. Returns its token. */
  expectSoon(): number {
    const token = this.expect();
    this.committed(token);
    return token;
  }

  /** The request was refused: nobody waits for this answer, which was the last to be expected. */
  withdraw(token: number): void {
    if (this.#waiting.at(-1)?.token === token) this.#waiting.pop();
  }

  /** `send` writes the answer; `giveUp` runs in its place when the channel ends, or has ended, before it could. */
  give(token: number, send: () => void, giveUp?: () => void): void {
    const answer = this.#find(token);
    if (answer === undefined) {
      if (this.#isClosed) giveUp?.();
      return;
    }
    answer.send = send;
    answer.giveUp = giveUp;
    this.#sendReady();
  }

  /** An answer that waits only for those before it. */
  now(send: () => void): void {
    if (this.#isClosed) return;
    if (this.#waiting.length === 0) send();
    else this.#waiting.push({ token: ++this.#lastToken, send, giveUp: undefined, isCommitted: true });
  }

  committed(token: number): void {
    const answer = this.#find(token);
    if (answer === undefined) return;
    answer.isCommitted = true;
    this.#sendReady();
  }

  /** Nothing is answered any more. */
  close(): void {
    this.#isClosed = true;
    for (const { giveUp } of this.#waiting.splice(0)) giveUp?.();
  }

  #find(token: number): Answer | undefined {
    return this.#waiting.find((answer) => answer.token === token);
  }

  #sendReady(): void {
    let first = this.#waiting[0];
    while (first?.send !== undefined && first.isCommitted) {
      this.#waiting.shift();
      first.send();
      first = this.#waiting[0];
      this.#left();
    }
  }
}
