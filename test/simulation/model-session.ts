/** What may be the case for the session of one client id. */
interface Possibility {
  readonly exists: boolean;
  readonly isConnected: boolean;
  readonly expiryMs: number;
  /** On the clock: the connection ended between these. */
  readonly endedFrom: number;
  readonly endedUntil: number;
}

const ABSENT: Possibility = {
  exists: false,
  isConnected: false,
  expiryMs: 0,
  endedFrom: 0,
  endedUntil: 0,
};

/**
 * Whether a session is there, as far as that follows from what was seen at the broker's border. After a crash it may
 * be any of the states since everything was last known to be on disk.
 */
export class ModelSession {
  #now: Possibility[] = [ABSENT];
  #mayBeOnDisk: Possibility[] = [ABSENT];

  /** What CONNACK may say as Session Present. */
  presence(clock: number): ReadonlySet<boolean> {
    const answers = new Set<boolean>();
    for (const possibility of this.#now)
      for (const answer of presenceOf(possibility, clock)) answers.add(answer);
    return answers;
  }

  /** CONNECT arrived, and connections before it have ended. Returns what Session Present may be. */
  connect(isClean: boolean, expiryMs: number, clock: number): ReadonlySet<boolean> {
    const presence = isClean ? new Set([false]) : this.presence(clock);
    const next: Possibility[] = [];
    if (presence.has(true) || expiryMs > 0) next.push(connected(expiryMs));
    if (presence.has(false) && expiryMs === 0) next.push(ABSENT);
    this.#become(next);
    return presence;
  }

  /** CONNACK left. Returns whether the session outlives the process. */
  accepted(isPresent: boolean, expiryMs: number): boolean {
    const isDurable = isPresent || expiryMs > 0;
    this.#now = isDurable ? [connected(expiryMs)] : [ABSENT];
    this.#mayBeOnDisk = this.#now;
    return isDurable;
  }

  /** The connection that had the session ended; `expiryMs` has several values when it is not known which counts. */
  ended(isDurable: boolean, expiries: readonly number[], clock: number): void {
    const of = (expiryMs: number) => (isDurable && expiryMs > 0 ? offline(expiryMs, clock, clock) : ABSENT);
    this.#become(expiries.map(of));
  }

  /** The connection ended before its CONNACK: the session is opened and left when that is on disk, or overtaken. */
  endedEarly(clock: number): void {
    const next = this.#now.map((before) =>
      before.isConnected ? offline(before.expiryMs, clock, Number.POSITIVE_INFINITY) : before,
    );
    this.#become(next);
  }

  crashed(from: number, restart: number): void {
    this.#now = this.#mayBeOnDisk.map((onDisk) =>
      onDisk.isConnected
        ? offline(onDisk.expiryMs, from, restart)
        : { ...onDisk, endedUntil: Math.min(onDisk.endedUntil, restart) },
    );
    this.#mayBeOnDisk = [...this.#mayBeOnDisk, ...this.#now];
  }

  /** The broker has nothing left to do, and all is on disk. */
  settled(clock: number): void {
    this.#now = this.#now.map((before) =>
      before.endedUntil === Number.POSITIVE_INFINITY ? { ...before, endedUntil: clock } : before,
    );
    this.#mayBeOnDisk = this.#now;
  }

  #become(next: Possibility[]): void {
    this.#now = next;
    this.#mayBeOnDisk = [...this.#mayBeOnDisk, ...next];
  }
}

function connected(expiryMs: number): Possibility {
  return { ...ABSENT, exists: true, isConnected: true, expiryMs };
}

function offline(expiryMs: number, endedFrom: number, endedUntil: number): Possibility {
  return { exists: true, isConnected: false, expiryMs, endedFrom, endedUntil };
}

function presenceOf(possibility: Possibility, clock: number): boolean[] {
  if (!possibility.exists) return [false];
  const { isConnected, expiryMs, endedFrom, endedUntil } = possibility;
  if (isConnected || clock < endedFrom + expiryMs) return [true];
  return clock >= endedUntil + expiryMs ? [false] : [true, false];
}
