interface Queueing {
  readonly queuedMessages: number;
}

export interface Sessions {
  sessions(): Iterator<Queueing>;
}

/** Sessions looked at in one turn: so many are looked at as soon as somebody asks. */
const LOOKED_AT_ONCE = 500;

/** Finds the longest queue. With many sessions that takes some turns: the answer is the one found before. */
export class LongestQueue {
  readonly #sessions: () => Sessions;
  #messages = 0;
  #isLooking = false;

  constructor(sessions: () => Sessions) {
    this.#sessions = sessions;
  }

  find(): number {
    if (!this.#isLooking) this.#look(this.#sessions().sessions(), 0);
    return this.#messages;
  }

  #look(sessions: Iterator<Queueing>, longestBefore: number): void {
    let longest = longestBefore;
    for (let i = 0; i < LOOKED_AT_ONCE; i++) {
      const { value: session } = sessions.next();
      if (session === undefined) {
        this.#messages = longest;
        this.#isLooking = false;
        return;
      }
      longest = Math.max(longest, session.queuedMessages);
    }
    this.#isLooking = true;
    setImmediate(() => this.#look(sessions, longest));
  }
}
