import type { Cancel, Clock } from "../base/clock.ts";
import { LoadAverage } from "./load-average.ts";
import type { MetricsSources } from "./sources.ts";
import { LOAD_MINUTES, SYS_LOADS, SYS_PREFIX, SYS_TOPICS, type SysSnapshot } from "./sys-catalogue.ts";

export interface SysPorts {
  readonly sources: MetricsSources;
  readonly clock: Clock;
  heapBytes(): number;
  /** Retained, and gone with the process. */
  publish(topic: string, payload: string): void;
}

/** One counter and its averages. */
interface Load {
  readonly name: string;
  readonly total: (typeof SYS_LOADS)[string];
  readonly averages: readonly (readonly [minutes: number, average: LoadAverage])[];
  totalBefore: number;
}

/** Publishes the broker's figures under `$SYS/broker/`: all at the start, then those that changed. */
export class SysTopics {
  readonly #ports: SysPorts;
  readonly #startedAt: number;
  readonly #loads: readonly Load[];
  readonly #published = new Map<string, string>();
  #updatedAt: number;
  #maximumOnline = 0;
  #maximumHeapBytes = 0;
  #cancel: Cancel | undefined;

  constructor(ports: SysPorts) {
    this.#ports = ports;
    this.#startedAt = this.#updatedAt = ports.clock.now();
    this.#loads = Object.entries(SYS_LOADS).map(([name, total]) => ({
      name,
      total,
      averages: LOAD_MINUTES.map((minutes) => [minutes, new LoadAverage(minutes)] as const),
      totalBefore: 0,
    }));
  }

  start(intervalSeconds: number): void {
    this.#update();
    this.#cancel = this.#ports.clock.after(intervalSeconds * 1000, () => this.start(intervalSeconds));
  }

  stop(): void {
    this.#cancel?.();
  }

  #update(): void {
    const now = this.#ports.clock.now();
    const snapshot = this.#takeSnapshot(now);
    for (const [name, read] of Object.entries(SYS_TOPICS)) this.#publish(name, String(read(snapshot)));
    const seconds = (now - this.#updatedAt) / 1000;
    this.#updatedAt = now;
    for (const load of this.#loads) this.#updateLoad(load, seconds);
  }

  #updateLoad(load: Load, seconds: number): void {
    const total = load.total(this.#ports.sources.counters);
    for (const [minutes, average] of load.averages) {
      if (seconds > 0) average.update(total - load.totalBefore, seconds); // clocks may stand still or be set back
      this.#publish(`load/${load.name}/${minutes}min`, average.perMinute.toFixed(2));
    }
    load.totalBefore = total;
  }

  #takeSnapshot(now: number): SysSnapshot {
    const { sources, heapBytes } = this.#ports;
    const sessions = sources.sessions();
    const heap = heapBytes();
    this.#maximumOnline = Math.max(this.#maximumOnline, sessions.online);
    this.#maximumHeapBytes = Math.max(this.#maximumHeapBytes, heap);
    return {
      version: sources.version,
      uptimeSeconds: Math.max(0, Math.round((now - this.#startedAt) / 1000)),
      counters: sources.counters,
      sessions,
      maximumOnline: this.#maximumOnline,
      subscriptions: sources.subscriptions(),
      retainedMessages: sources.retainedMessages(),
      sessionQueues: sources.sessionQueues(),
      heapBytes: heap,
      maximumHeapBytes: this.#maximumHeapBytes,
      loopDelayMs: sources.loopDelayMs(),
    };
  }

  #publish(name: string, payload: string): void {
    if (this.#published.get(name) === payload) return;
    this.#published.set(name, payload);
    this.#ports.publish(SYS_PREFIX + name, payload);
  }
}
