import type { Clock } from "../src/base/clock.ts";
import { describe } from "../src/base/errors.ts";
import type { Logger } from "../src/base/logger.ts";

/** Where a lane, or the bridge as the worst of its lanes, stands; `blocked` needs an operator. */
export type BridgeState = "connecting" | "up" | "retrying" | "blocked";

const BY_SEVERITY: readonly BridgeState[] = ["blocked", "retrying", "connecting", "up"];

export interface BridgeHealthPorts {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Joins the states of the lanes and logs: each change of state once, a lasting failure at most every `logIntervalMs`. */
export class BridgeHealth {
  readonly #ports: BridgeHealthPorts;
  readonly #bridge: string;
  readonly #logIntervalMs: number;
  readonly #lanes: BridgeState[];
  #state: BridgeState = "connecting";
  #lastError: string | undefined;
  #lastLogAt = 0;
  #unlogged = 0;

  constructor(bridge: string, lanes: number, logIntervalMs: number, ports: BridgeHealthPorts) {
    this.#bridge = bridge;
    this.#lanes = Array.from({ length: lanes }, () => "connecting");
    this.#logIntervalMs = logIntervalMs;
    this.#ports = ports;
  }

  get state(): BridgeState {
    return this.#state;
  }

  /** Text of the last failure, kept after recovery. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  succeeded(lane: number): void {
    if (!this.#enter(lane, "up")) return;
    this.#unlogged = 0;
    this.#ports.log.info({ bridge: this.#bridge, state: this.#state }, "bridge is up");
  }

  failed(lane: number, state: "retrying" | "blocked", error: unknown): void {
    this.#lastError = describe(error);
    const now = this.#ports.clock.now();
    const changed = this.#enter(lane, state);
    if (!changed && now - this.#lastLogAt < this.#logIntervalMs) {
      this.#unlogged++;
      return;
    }
    this.#lastLogAt = now;
    const fields = { bridge: this.#bridge, lane, state: this.#state, error: this.#lastError };
    this.#ports.log.warn({ ...fields, failuresNotLogged: this.#unlogged }, "bridge cannot deliver");
    this.#unlogged = 0;
  }

  /** True when the state of the bridge changed. */
  #enter(lane: number, state: BridgeState): boolean {
    if (this.#lanes[lane] === state) return false;
    this.#lanes[lane] = state;
    const worst = BY_SEVERITY.find((candidate) => this.#lanes.includes(candidate)) ?? "up";
    const changed = worst !== this.#state;
    this.#state = worst;
    return changed;
  }
}
