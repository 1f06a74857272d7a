import { FakeClock } from "../../bridges/support/fake-clock.ts";

/** A clock that can be set: its timers go on as if nothing had happened, as those of an operating system do. */
export class JumpingClock extends FakeClock {
  #setBy = 10 * 365 * 24 * 3_600_000; // room to go back

  override now(): number {
    return super.now() + this.#setBy;
  }

  jump(milliseconds: number): void {
    this.#setBy += milliseconds;
  }
}
