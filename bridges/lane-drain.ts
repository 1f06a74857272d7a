import type { Clock } from "../src/base/clock.ts";
import { describe } from "../src/base/errors.ts";
import type { QueuedMessage } from "../src/base/queued-message.ts";
import type { Backoff } from "./backoff.ts";
import type { BridgeRecord, OutboxLane, SendResult, Sink } from "./bridge.ts";
import type { BridgeCounters } from "./bridge-counters.ts";
import { BridgeError } from "./bridge-error.ts";
import type { BridgeHealth } from "./bridge-health.ts";
import { endsWithin } from "./deadline.ts";
import { FrozenBatch } from "./frozen-batch.ts";
import type { LaneBatcher } from "./lane-batcher.ts";

export interface LaneDrainPorts {
  readonly clock: Clock;
  readonly lane: OutboxLane;
  readonly sink: Sink;
  readonly batcher: LaneBatcher;
  readonly backoff: Backoff;
  readonly counters: BridgeCounters;
  readonly health: BridgeHealth;
  /** Something was delivered. */
  delivered(): void;
}

interface Condemned {
  readonly queued: QueuedMessage;
  readonly reason: string;
}

/** Drains one lane into one sink: one frozen batch at a time, in order, until it is told to stop. */
export class LaneDrain {
  readonly #ports: LaneDrainPorts;
  readonly #number: number;
  readonly #blockedRetryMs: number;
  readonly #batch = new FrozenBatch();
  #condemned: Condemned[] = [];
  #connected = false;
  #stopping = false;
  #abandoned = false;
  #running: Promise<void> = Promise.resolve();
  #interrupt: (() => void) | undefined;
  #idle = false;

  constructor(number: number, blockedRetryMs: number, ports: LaneDrainPorts) {
    this.#number = number;
    this.#blockedRetryMs = blockedRetryMs;
    this.#ports = ports;
  }

  /** Milliseconds since the epoch at which the oldest unsettled record was received; undefined when there is none. */
  get oldestReceivedAt(): number | undefined {
    return this.#batch.oldest?.message.receivedAt;
  }

  start(): void {
    this.#ports.lane.attach(() => {
      if (this.#idle) this.#interrupt?.();
    });
    this.#running = this.#run();
  }

  /** Lets the send in flight finish within `graceMs`, then gives it up: only what was confirmed is settled. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#interrupt?.();
    await endsWithin(this.#ports.clock, graceMs, this.#running);
    this.#abandoned = true;
    this.#ports.lane.detach();
    await endsWithin(this.#ports.clock, graceMs, this.#ports.sink.close());
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#step();
      } catch (error) {
        await this.#fail("blocked", error); // the lane or the sink broke its contract: keep the data, say so, try again
      }
    }
  }

  async #step(): Promise<void> {
    if (!this.#buryCondemned()) {
      await this.#fail("blocked", new BridgeError("BRIDGE_FAILED", "the dead-letter queue is full"));
      return;
    }
    if (!this.#connected && !(await this.#connect())) return;
    if (this.#batch.isEmpty) this.#batch.freeze(this.#ports.batcher.collect());
    this.#dropExpired();
    if (!this.#batch.isEmpty) await this.#sendPiece();
    else await this.#waitForNews();
  }

  async #connect(): Promise<boolean> {
    try {
      await this.#ports.sink.connect();
      this.#connected = true;
    } catch (error) {
      if (this.#abandoned) return false;
      this.#ports.counters.sendFailures++;
      await this.#disconnect();
      await this.#fail(isHopeless(error) ? "blocked" : "retrying", error);
    }
    return this.#connected && !this.#stopping;
  }

  async #sendPiece(): Promise<void> {
    const piece = this.#batch.piece;
    this.#ports.counters.batches++;
    let results: readonly SendResult[];
    try {
      results = await this.#ports.sink.send(piece);
      if (results.length !== piece.length)
        throw new BridgeError("BRIDGE_FAILED", "results do not match the batch");
    } catch (error) {
      await this.#sendRejected(piece, error);
      return;
    }
    if (!this.#abandoned) await this.#apply(piece, results);
  }

  async #sendRejected(piece: readonly BridgeRecord[], error: unknown): Promise<void> {
    if (this.#abandoned) return;
    this.#ports.counters.sendFailures++;
    this.#ports.counters.retried += piece.length;
    await this.#disconnect();
    await this.#fail(isHopeless(error) ? "blocked" : "retrying", error);
  }

  async #apply(piece: readonly BridgeRecord[], results: readonly SendResult[]): Promise<void> {
    const rest = piece.filter((record, i) => !this.#finish(record, results[i]));
    const refused = results.find((result) => result.outcome === "split");
    const failed = results.find((result) => result.outcome === "retry");
    if (refused && rest.length === 1) {
      this.#condemn(rest.pop(), refused.reason);
    }
    this.#batch.keep(rest);
    this.#ports.counters.retried += rest.length;
    if (failed) {
      this.#ports.counters.sendFailures++;
      await this.#fail("retrying", new BridgeError("BRIDGE_FAILED", failed.reason));
    } else if (refused && rest.length > 1) {
      this.#batch.split();
    } else {
      this.#succeeded();
    }
  }

  /** False when the record has to go out again. */
  #finish(record: BridgeRecord, result: SendResult | undefined): boolean {
    switch (result?.outcome) {
      case "delivered":
        this.#ports.lane.settle(record.queued);
        this.#ports.counters.delivered++;
        this.#ports.delivered();
        return true;
      case "poison":
        this.#condemn(record, result.reason);
        return true;
      case "dropped":
        this.#ports.lane.settle(record.queued);
        this.#ports.counters.drop(result.reason);
        return true;
      default:
        return false;
    }
  }

  #condemn(record: BridgeRecord | undefined, reason: string): void {
    if (record) this.#condemned.push({ queued: record.queued, reason });
  }

  /** False while the dead-letter queue takes no more: the lane waits, nothing is lost. */
  #buryCondemned(): boolean {
    for (let next = this.#condemned[0]; next; next = this.#condemned[0]) {
      if (!this.#ports.lane.bury(next.queued, next.reason)) return false;
      this.#condemned.shift();
      this.#ports.counters.deadLettered++;
    }
    return true;
  }

  /** A message past its Message Expiry Interval must not be delivered [MQTT-3.3.2-5]. */
  #dropExpired(): void {
    const now = this.#ports.clock.now();
    while (!this.#batch.isEmpty) {
      const alive = this.#batch.piece.filter(({ message, queued }) => {
        if (message.expiresAt === 0 || message.expiresAt > now) return true;
        this.#ports.lane.settle(queued);
        this.#ports.counters.drop("expired");
        return false;
      });
      if (alive.length === this.#batch.piece.length) return;
      this.#batch.keep(alive);
    }
  }

  #succeeded(): void {
    this.#ports.backoff.reset();
    this.#ports.health.succeeded(this.#number);
  }

  async #fail(state: "retrying" | "blocked", error: unknown): Promise<void> {
    this.#ports.health.failed(this.#number, state, error);
    const delayMs = this.#ports.backoff.nextMs();
    await this.#sleep(state === "blocked" ? Math.max(delayMs, this.#blockedRetryMs) : delayMs);
  }

  async #waitForNews(): Promise<void> {
    this.#succeeded();
    this.#idle = true;
    await this.#sleep(undefined);
    this.#idle = false;
  }

  async #disconnect(): Promise<void> {
    this.#connected = false;
    try {
      await this.#ports.sink.close();
    } catch (error) {
      this.#ports.health.failed(this.#number, "retrying", describe(error));
    }
  }

  /** Until the time is over, news come (when idle) or the lane is stopped. */
  #sleep(delayMs: number | undefined): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel?.();
        this.#interrupt = undefined;
        resolve();
      };
      const cancel = delayMs === undefined ? undefined : this.#ports.clock.after(delayMs, wake);
      this.#interrupt = wake;
    });
  }
}

/** True when only an operator can help: bad credentials, say. */
function isHopeless(error: unknown): boolean {
  return error instanceof BridgeError && !error.retryable;
}
