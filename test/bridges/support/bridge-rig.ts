import type { Bridge } from "../../../bridges/bridge.ts";
import { BridgeRunner, DEFAULT_RUNNER_OPTIONS } from "../../../bridges/runner.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import { filterMatches } from "../../../src/base/topic-filter.ts";
import { MemoryLane } from "./memory-lane.ts";

/** A bridge with its runner and an outbox in memory, fed as the routing core would. */
export function aRunningBridge(bridge: Bridge) {
  const lanes = Array.from({ length: bridge.lanes }, () => new MemoryLane());
  const ports = { clock: systemClock, log: silentLogger, random: Math.random, lanes };
  const runner = new BridgeRunner(bridge, ports, { ...DEFAULT_RUNNER_OPTIONS, maximumRetryMs: 1_000 });
  runner.start();
  return {
    runner,
    lanes,
    publish(message: Message): void {
      for (const { filter, mapping, laneOf } of bridge.forwardings) {
        if (!filterMatches(filter, message.topicName)) continue;
        runner.counters.matched++;
        lanes[laneOf(message)]?.put(message, mapping);
      }
    },
    dead: () => lanes.flatMap((lane) => lane.dead),
  };
}

/** Values per key in the order of arrival, repeats of the same bridge-seq left out. */
export class Arrivals {
  readonly #seen = new Set<string>();
  readonly byKey = new Map<string, string[]>();
  repeats = 0;

  get count(): number {
    return this.#seen.size;
  }

  add(key: string, value: string, bridgeSeq: string): void {
    if (this.#seen.has(bridgeSeq)) {
      this.repeats++;
      return;
    }
    this.#seen.add(bridgeSeq);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), value]);
  }
}
