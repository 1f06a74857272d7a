type Expectation = "never" | "once" | "waiting" | "either";

/** What the standard and the durability of the session promise about one will. */
export class ModelWill {
  readonly id: string;
  readonly #delayMs: number;
  #expectation: Expectation = "either";
  #isEnded = false;
  #isDurable = false;
  #isGraceful = false;
  #expiryMs = 0;
  /** On the clock: it falls due between these. */
  #dueFrom = 0;
  #dueUntil = 0;
  /** What was last decided about it is on disk. */
  #isSettled = true;
  /** The end of its connection is on disk. */
  #isEndSettled = false;
  #hasLeft = false;
  /** What was decided before a crash, which may have got to disk or not: then it waits still. */
  #lost: "never" | "once" | undefined;
  /** The broker that would publish it began then. */
  #startedAt = 0;

  constructor(id: string, delayMs: number) {
    this.id = id;
    this.#delayMs = delayMs;
  }

  /** How often it must have been published by now; undefined when that is not certain. */
  certainCount(clock: number): number | undefined {
    if (this.#expectation === "waiting")
      return clock < this.#dueFrom && this.#lost !== "once" ? 0 : undefined;
    if (!this.#isSettled) return undefined;
    if (this.#expectation === "either") return undefined;
    return this.#expectation === "once" ? 1 : 0;
  }

  /** CONNACK left. */
  accepted(isDurable: boolean, expiryMs: number): void {
    this.#isDurable = isDurable;
    this.#expiryMs = expiryMs;
    this.#expectation = "never";
    this.#isSettled = true;
    this.#hasLeft = true;
  }

  /** The connection ended; `isGraceful` and `expiryMs` undefined: not known. */
  ended(isGraceful: boolean | undefined, expiryMs: number | undefined, clock: number): void {
    if (!this.#hasLeft || this.#isEnded) return;
    this.#isEnded = true;
    this.#isSettled = false;
    if (isGraceful === undefined || expiryMs === undefined) {
      this.#giveUp();
      return;
    }
    this.#isGraceful = isGraceful;
    const delayMs = Math.min(this.#delayMs, this.#isDurable ? expiryMs : 0);
    if (expiryMs !== this.#expiryMs) this.#expiryMs = -1; // after a crash either may count
    this.#dueFrom = this.#dueUntil = clock + delayMs;
    if (isGraceful) this.#expectation = "never";
    else this.#expectation = delayMs === 0 ? "once" : "waiting";
  }

  /** Another CONNECT for the client id arrived. */
  connect(isClean: boolean, clock: number): void {
    if (this.#expectation !== "waiting") return;
    this.#isSettled = false;
    if (isClean || clock >= this.#dueUntil) this.#decide("once");
    else if (clock < this.#dueFrom) this.#decide("never");
    else this.#giveUp();
  }

  crashed(from: number, restart: number): void {
    this.#startedAt = restart;
    if (!this.#hasLeft || this.#expectation === "either") return;
    if (!this.#isEnded) this.#crashedConnected(from, restart);
    else if (!this.#isSettled) this.#crashedUnsettled(from, restart);
  }

  /** All is on disk. */
  settled(clock: number, slackMs: number): void {
    const dueAt = Math.max(this.#dueUntil, this.#startedAt) + slackMs;
    if (this.#expectation === "waiting" && clock >= dueAt) this.#decide("once");
    this.onDisk();
  }

  /** What was decided so far is on disk. */
  onDisk(): void {
    this.#isSettled = true;
    if (this.#isEnded) this.#isEndSettled = true;
  }

  #crashedConnected(from: number, restart: number): void {
    this.#isEnded = true;
    this.#isSettled = false;
    if (!this.#isDurable) {
      this.#giveUp();
      return;
    }
    const delayMs = Math.min(this.#delayMs, this.#expiryMs);
    this.#expectation = "waiting";
    this.#dueFrom = from + delayMs;
    this.#dueUntil = restart + delayMs;
  }

  #crashedUnsettled(from: number, restart: number): void {
    if (!this.#isDurable || this.#isGraceful || this.#expiryMs < 0) {
      this.#giveUp();
      return;
    }
    if (this.#expectation === "once" || this.#expectation === "never") this.#lost = this.#expectation;
    this.#expectation = "waiting";
    if (this.#isEndSettled) return;
    const delayMs = Math.min(this.#delayMs, this.#expiryMs);
    this.#dueFrom = Math.min(this.#dueFrom, from + delayMs);
    this.#dueUntil = restart + delayMs;
  }

  #decide(expectation: "never" | "once"): void {
    this.#expectation = this.#lost === undefined || this.#lost === expectation ? expectation : "either";
  }

  #giveUp(): void {
    this.#expectation = "either";
  }
}
