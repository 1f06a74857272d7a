import type { Clock } from "../src/base/clock.ts";
import type { Logger } from "../src/base/logger.ts";
import type { QueuedMessage } from "../src/base/queued-message.ts";
import { Backoff } from "./backoff.ts";
import type { Bridge, BridgeDropReason, OutboxLane, Sink } from "./bridge.ts";
import { BridgeCounters } from "./bridge-counters.ts";
import { BridgeHealth, type BridgeState } from "./bridge-health.ts";
import { LaneBatcher } from "./lane-batcher.ts";
import { LaneDrain } from "./lane-drain.ts";

export interface BridgeRunnerPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to less than 1: the jitter of the waits. */
  random(): number;
  /** One per lane of the bridge, in order. */
  readonly lanes: readonly OutboxLane[];
}

export interface BridgeRunnerOptions {
  readonly maximumBatchRecords: number;
  readonly maximumBatchBytes: number;
  readonly minimumRetryMs: number;
  readonly maximumRetryMs: number;
  /** Least time between two attempts when an operator has to act first. */
  readonly blockedRetryMs: number;
  readonly logIntervalMs: number;
}

export const DEFAULT_RUNNER_OPTIONS: BridgeRunnerOptions = {
  maximumBatchRecords: 1000,
  maximumBatchBytes: 900_000,
  minimumRetryMs: 100,
  maximumRetryMs: 30_000,
  blockedRetryMs: 5_000,
  logIntervalMs: 30_000,
};

/** What metrics and the admin room show of a bridge. */
export interface BridgeStatus {
  readonly name: string;
  readonly state: BridgeState | "stopped";
  /** Why a connected target takes nothing now. */
  readonly blockedReason: string | undefined;
  readonly lastError: string | undefined;
  /** Milliseconds since the epoch; 0 = never. */
  readonly lastSuccessAt: number;
  /** Age of the oldest record that is on its way, in milliseconds. */
  readonly lagMs: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly matched: number;
  readonly heldAtStart: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly dropped: Readonly<Partial<Record<BridgeDropReason, number>>>;
  readonly retried: number;
  readonly sendFailures: number;
  readonly batches: number;
}

/** Drains the outbox lanes of one bridge into its sinks: at least once, in order per lane, nothing dropped uncounted. */
export class BridgeRunner {
  readonly counters = new BridgeCounters();
  readonly #bridge: Bridge;
  readonly #ports: BridgeRunnerPorts;
  readonly #options: BridgeRunnerOptions;
  readonly #health: BridgeHealth;
  readonly #sinks: Sink[] = [];
  readonly #drains: LaneDrain[] = [];
  #lastSuccessAt = 0;
  #isRunning = false;

  constructor(
    bridge: Bridge,
    ports: BridgeRunnerPorts,
    options: BridgeRunnerOptions = DEFAULT_RUNNER_OPTIONS,
  ) {
    this.#bridge = bridge;
    this.#ports = ports;
    this.#options = options;
    this.#health = new BridgeHealth(bridge.name, ports.lanes.length, options.logIntervalMs, ports);
    for (const [number, lane] of ports.lanes.entries()) this.#addLane(number, lane);
  }

  /** Starts to connect and to deliver; returns at once. */
  start(): void {
    this.#isRunning = true;
    for (const lane of this.#ports.lanes) this.counters.heldAtStart += lane.count;
    for (const drain of this.#drains) drain.start();
  }

  /** Ends within about twice `graceMs`; what was not confirmed by then stays in the outbox. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#drains.map((drain) => drain.stop(graceMs)));
    this.#isRunning = false;
  }

  status(): BridgeStatus {
    const { counters } = this;
    return {
      name: this.#bridge.name,
      state: this.#isRunning ? this.#state() : "stopped",
      blockedReason: this.#blockedReason(),
      lastError: this.#health.lastError,
      lastSuccessAt: this.#lastSuccessAt,
      lagMs: this.#lagMs(),
      queued: this.#ports.lanes.reduce((sum, lane) => sum + lane.count, 0),
      queuedBytes: this.#ports.lanes.reduce((sum, lane) => sum + lane.bytes, 0),
      matched: counters.matched,
      heldAtStart: counters.heldAtStart,
      delivered: counters.delivered,
      deadLettered: counters.deadLettered,
      dropped: Object.fromEntries(counters.dropped),
      retried: counters.retried,
      sendFailures: counters.sendFailures,
      batches: counters.batches,
    };
  }

  #addLane(number: number, lane: OutboxLane): void {
    const sink = this.#bridge.createSink(number);
    this.#sinks.push(sink);
    this.#drains.push(
      new LaneDrain(number, this.#options.blockedRetryMs, {
        clock: this.#ports.clock,
        lane,
        sink,
        batcher: this.#batcher(number, lane),
        backoff: this.#backoff(),
        counters: this.counters,
        health: this.#health,
        delivered: () => {
          this.#lastSuccessAt = this.#ports.clock.now();
        },
      }),
    );
  }

  #batcher(laneNumber: number, lane: OutboxLane): LaneBatcher {
    const { maximumBatchRecords: maximumRecords, maximumBatchBytes: maximumBytes } = this.#options;
    const options = { bridgeName: this.#bridge.name, laneNumber, maximumRecords, maximumBytes };
    return new LaneBatcher(lane, options, (hollow: QueuedMessage) => {
      lane.settle(hollow);
      this.counters.drop("corrupt_record");
    });
  }

  #backoff(): Backoff {
    const { minimumRetryMs: minimumMs, maximumRetryMs: maximumMs } = this.#options;
    return new Backoff({ minimumMs, maximumMs }, () => this.#ports.random());
  }

  #state(): BridgeState {
    return this.#blockedReason() === undefined ? this.#health.state : "blocked";
  }

  #blockedReason(): string | undefined {
    return this.#sinks.find((sink) => sink.blockedReason !== undefined)?.blockedReason;
  }

  #lagMs(): number {
    const times = this.#drains.flatMap((drain) => drain.oldestReceivedAt ?? []);
    return times.length === 0 ? 0 : Math.max(0, this.#ports.clock.now() - Math.min(...times));
  }
}
