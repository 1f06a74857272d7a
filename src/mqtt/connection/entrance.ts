import type { ByteStream } from "../../base/byte-stream.ts";
import type { Clock } from "../../base/clock.ts";
import { countUp } from "../../base/count-up.ts";
import type { Counters } from "../../base/counters.ts";
import type { Logger } from "../../base/logger.ts";
import { TokenBucket } from "../../base/token-bucket.ts";
import type { LimitOptions } from "../ports.ts";

export interface EntrancePorts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** Lines per second about clients that are not let in, and at once. */
const LINES_PER_SECOND = 20;
const LINES_AT_ONCE = 100;

/** Who may come in: so many connections per address, so many CONNECTs per second in all. */
export class Entrance {
  readonly #ports: EntrancePorts;
  readonly #limits: LimitOptions;
  readonly #connects: TokenBucket;
  /** Open connections by address. */
  readonly #open = new Map<string, number>();
  readonly #lines: TokenBucket;
  #linesLeftOut = 0;

  constructor(ports: EntrancePorts, limits: LimitOptions) {
    this.#ports = ports;
    this.#limits = limits;
    const now = ports.clock.now();
    this.#connects = new TokenBucket(limits.connectRate, 2 * limits.connectRate, now);
    this.#lines = new TokenBucket(LINES_PER_SECOND, LINES_AT_ONCE, now);
  }

  /** Before a byte is read, so that there is no reason code: false when the address has too many open already. */
  mayOpen(stream: ByteStream): boolean {
    const maximum = this.#limits.maximumConnectionsPerAddress;
    if (maximum === 0 || this.#isExempt(stream)) return true;
    if ((this.#open.get(hostOf(stream)) ?? 0) < maximum) return true;
    this.#ports.counters.limitReached("connections_per_address");
    this.#report(stream, "connection closed: limits.maximumConnectionsPerAddress");
    return false;
  }

  opened(stream: ByteStream): void {
    const host = hostOf(stream);
    countUp(this.#open, host);
  }

  closed(stream: ByteStream): void {
    const host = hostOf(stream);
    const rest = (this.#open.get(host) ?? 0) - 1;
    if (rest > 0) this.#open.set(host, rest);
    else this.#open.delete(host);
  }

  /** Before the password is looked at, which is what costs: false when too many came in the last second. */
  mayConnect(stream: ByteStream): boolean {
    if (this.#limits.connectRate === 0 || this.#isExempt(stream)) return true;
    if (this.#connects.take(this.#ports.clock.now())) return true;
    this.#ports.counters.limitReached("connect_rate");
    this.#report(stream, "connection refused: limits.connectRate");
    return false;
  }

  /** Before a line about a client that is not let in: a storm of connections must not become a storm of lines. */
  mayReport(): boolean {
    if (!this.#lines.take(this.#ports.clock.now())) {
      this.#linesLeftOut++;
      return false;
    }
    const leftOut = this.#linesLeftOut;
    this.#linesLeftOut = 0;
    if (leftOut > 0)
      this.#ports.logger.warn({ leftOut }, "lines about clients that were not let in were left out");
    return true;
  }

  #isExempt(stream: ByteStream): boolean {
    return this.#limits.exemptLoopback && stream.isLoopback;
  }

  #report({ remoteAddress }: ByteStream, message: string): void {
    if (this.mayReport()) this.#ports.logger.warn({ remoteAddress }, message);
  }
}

/** `address:port` without the port. */
function hostOf({ remoteAddress }: ByteStream): string {
  return remoteAddress.slice(0, remoteAddress.lastIndexOf(":"));
}
