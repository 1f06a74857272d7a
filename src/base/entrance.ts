import type { ByteStream } from "./byte-stream.ts";
import type { Clock } from "./clock.ts";
import { countUp } from "./count-up.ts";
import type { Limit } from "./counters.ts";
import { Overload, type OverloadPorts } from "./overload.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface EntrancePorts extends OverloadPorts {
  readonly clock: Clock;
}

/** Of `limits:` in the configuration. */
export interface EntranceLimits {
  /** 0 = no limit. */
  readonly maximumConnectionsPerAddress: number;
  /** Per second; 0 = no limit. */
  readonly connectRate: number;
  readonly exemptLoopback: boolean;
  /** Milliseconds; 0 = no limit. */
  readonly maximumLoopDelay: number;
}

/** Why a client is not let in. */
export type EntranceRefusal = Extract<Limit, "connect_rate" | "loop_delay">;

/** Lines per second about clients that are not let in, and at once. */
const LINES_PER_SECOND = 20;
const LINES_AT_ONCE = 100;

/**
 * Who may come in, whatever the protocol: so many connections per address, so many clients per second in all, nobody
 * while the broker is behind. One for all listeners.
 */
export class Entrance {
  readonly #ports: EntrancePorts;
  readonly #limits: EntranceLimits;
  readonly #connects: TokenBucket;
  readonly #overload: Overload;
  /** Open connections by address. */
  readonly #open = new Map<string, number>();
  readonly #lines: TokenBucket;
  #linesLeftOut = 0;

  constructor(ports: EntrancePorts, limits: EntranceLimits) {
    this.#ports = ports;
    this.#limits = limits;
    const now = ports.clock.now();
    this.#connects = new TokenBucket(limits.connectRate, 2 * limits.connectRate, now);
    this.#overload = new Overload(ports, limits.maximumLoopDelay);
    this.#lines = new TokenBucket(LINES_PER_SECOND, LINES_AT_ONCE, now);
  }

  /**
   * Before a byte is read, so that nothing can be answered: false when the address has too many connections open. One that
   * is admitted counts until `closed`.
   */
  admit(stream: ByteStream): boolean {
    const host = hostOf(stream);
    const openCount = this.#open.get(host) ?? 0;
    const maximum = this.#limits.maximumConnectionsPerAddress;
    if (maximum !== 0 && openCount >= maximum && !this.#isExempt(stream)) {
      this.#ports.counters.limitReached("connections_per_address");
      this.#report(stream, "connection closed: limits.maximumConnectionsPerAddress");
      return false;
    }
    countUp(this.#open, host);
    return true;
  }

  closed(stream: ByteStream): void {
    const host = hostOf(stream);
    const rest = (this.#open.get(host) ?? 0) - 1;
    if (rest > 0) this.#open.set(host, rest);
    else this.#open.delete(host);
  }

  /** Before the password is looked at, which is what costs: undefined when the client may go on. Counts refusals. */
  refusalOf(stream: ByteStream): EntranceRefusal | undefined {
    if (!this.#mayConnect(stream)) return "connect_rate";
    return this.#overload.mayConnect() ? undefined : "loop_delay";
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

  /** False when too many came in the last second. */
  #mayConnect(stream: ByteStream): boolean {
    if (this.#limits.connectRate === 0 || this.#isExempt(stream)) return true;
    if (this.#connects.take(this.#ports.clock.now())) return true;
    this.#ports.counters.limitReached("connect_rate");
    this.#report(stream, "connection refused: limits.connectRate");
    return false;
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
