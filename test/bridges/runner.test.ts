import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bridge, BridgeRecord, SendResult } from "../../bridges/bridge.ts";
import { BridgeError } from "../../bridges/bridge-error.ts";
import { BridgeRunner, DEFAULT_RUNNER_OPTIONS } from "../../bridges/runner.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { FakeClock } from "./support/fake-clock.ts";
import { MemoryLane } from "./support/memory-lane.ts";
import { aMessage } from "./support/messages.ts";
import { ScriptedSink } from "./support/scripted-sink.ts";

const retry: SendResult = { outcome: "retry", reason: "try later" };
const delivered: SendResult = { outcome: "delivered" };
const poison: SendResult = { outcome: "poison", reason: "too large" };

function aBridge({ lanes = 1, options = {} } = {}) {
  const clock = new FakeClock();
  const warnings: object[] = [];
  const log = { ...silentLogger, warn: (fields: object) => warnings.push(fields) };
  const outbox = Array.from({ length: lanes }, () => new MemoryLane());
  const sinks = outbox.map(() => new ScriptedSink());
  const bridge: Bridge = { name: "b", lanes, forwardings: [], createSink: (lane) => sinks[lane]! };
  const ports = { clock, log, random: () => 0.5, lanes: outbox };
  const runner = new BridgeRunner(bridge, ports, { ...DEFAULT_RUNNER_OPTIONS, ...options });
  return { runner, clock, warnings, outbox, sinks, lane: outbox[0]!, sink: sinks[0]! };
}

function unreachable(): never {
  throw new BridgeError("BRIDGE_UNREACHABLE", "connection lost");
}

function fill(lane: MemoryLane, count: number): void {
  for (let i = 0; i < count; i++) lane.put(aMessage());
}

describe("bridge runner", () => {
  it("hands over what is queued as one batch and settles it in order", async () => {
    const { runner, clock, lane, sink } = aBridge();
    fill(lane, 3);

    runner.start();
    await clock.advance(0);

    expect(sink.sent).toEqual([[1, 2, 3]]);
    expect(lane.settled).toEqual([1, 2, 3]);
    expect(runner.status()).toMatchObject({
      state: "up",
      delivered: 3,
      queued: 0,
      batches: 1,
      heldAtStart: 3,
    });
  });

  it("sends without a timer what arrives while it is idle", async () => {
    const { runner, clock, lane, sink } = aBridge();
    runner.start();
    await clock.advance(0);

    fill(lane, 1);
    await clock.advance(0);

    expect(sink.sent).toEqual([[1]]);
  });

  it("settles nothing before the target confirmed, and makes what came meanwhile the next batch", async () => {
    const { runner, clock, lane, sink } = aBridge();
    let confirm: (results: SendResult[]) => void = () => {};
    sink.next.push(() => new Promise<SendResult[]>((resolve) => (confirm = resolve)));
    fill(lane, 2);
    runner.start();
    await clock.advance(0);

    fill(lane, 2);
    await clock.advance(0);
    expect(lane.settled).toEqual([]);
    confirm([delivered, delivered]);
    await clock.advance(0);

    expect(sink.sent).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(lane.settled).toEqual([1, 2, 3, 4]);
  });

  it("bounds a batch by count and by bytes, and lets a larger record travel alone", async () => {
    const { runner, clock, lane, sink } = aBridge({
      options: { maximumBatchRecords: 3, maximumBatchBytes: 1000 },
    });
    fill(lane, 4);
    lane.put(aMessage({ payload: "x".repeat(5000) }));
    fill(lane, 1);

    runner.start();
    await clock.advance(0);

    expect(sink.sent).toEqual([[1, 2, 3], [4], [5], [6]]);
  });

  it("repeats the same frozen records under the same bridge-seq on a new connection after the old one is lost", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.next.push(unreachable, unreachable);
    fill(lane, 2);
    runner.start();
    await clock.advance(0);

    fill(lane, 1);
    await clock.advance(1_000);

    expect(sink.sent).toEqual([[1, 2], [1, 2], [1, 2], [3]]);
    expect(new Set(sink.bridgeSeqs.slice(0, 3).map(String))).toEqual(new Set(["b/e1/0/1,b/e1/0/2"]));
    expect(sink.calls.slice(0, 6)).toEqual(["connect", "send", "close", "connect", "send", "close"]);
    expect(runner.status()).toMatchObject({ delivered: 3, retried: 4, sendFailures: 2, state: "up" });
  });

  it("sends the records that need another try before anything newer", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.next.push(() => [delivered, retry, delivered, retry]);
    fill(lane, 4);
    runner.start();
    await clock.advance(0);

    fill(lane, 2);
    await clock.advance(1_000);

    expect(sink.sent).toEqual([
      [1, 2, 3, 4],
      [2, 4],
      [5, 6],
    ]);
    expect(lane.settled).toEqual([1, 3, 2, 4, 5, 6]);
  });

  it("waits with full jitter, twice as long after each failure, at most 30 s, and retries unknown errors for ever", async () => {
    const { runner, clock, sink, lane } = aBridge();
    const times: number[] = [];
    sink.always = () => {
      times.push(clock.now());
      throw new TypeError("nobody knows this one");
    };
    fill(lane, 1);

    runner.start();
    await clock.advance(120_000);

    const waits = times.slice(1).map((time, i) => time - times[i]!);
    expect(waits.slice(0, 10)).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000]);
    expect(waits.slice(10).every((wait) => wait === 15000)).toBe(true);
    expect(lane.count).toBe(1);
  });

  it("keeps trying to connect when the target is away at the start", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.connects.push(unreachable, unreachable);
    fill(lane, 1);

    runner.start();
    await clock.advance(0);
    expect(runner.status()).toMatchObject({ state: "retrying", lastError: "connection lost", queued: 1 });
    await clock.advance(1_000);

    expect(lane.settled).toEqual([1]);
    expect(runner.status().state).toBe("up");
  });

  it("is blocked, and slow to try again, when an operator must act", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.connects.push(() =>
      Promise.reject(new BridgeError("BRIDGE_REFUSED", "bad password", { retryable: false })),
    );
    fill(lane, 1);

    runner.start();
    await clock.advance(4_999);
    expect(runner.status().state).toBe("blocked");
    expect(sink.sent).toEqual([]);
    await clock.advance(1);

    expect(lane.settled).toEqual([1]);
  });

  it("buries poison and delivers what stands around it", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.next.push(() => [delivered, poison, delivered]);
    fill(lane, 3);

    runner.start();
    await clock.advance(0);

    expect(lane.settled).toEqual([1, 3]);
    expect(lane.dead).toEqual([{ seq: 2, reason: "too large" }]);
    expect(runner.status()).toMatchObject({ delivered: 2, deadLettered: 1, queued: 0, state: "up" });
  });

  it("finds the poison by halves, in order and without waiting, when the target cannot name it", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.always = refusing(new Set([6]));
    fill(lane, 8);

    runner.start();
    await clock.advance(0);

    expect(sink.sent).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [5, 6],
      [5],
      [6],
      [7, 8],
    ]);
    expect(lane.settled).toEqual([1, 2, 3, 4, 5, 7, 8]);
    expect(lane.dead.map(({ seq }) => seq)).toEqual([6]);
  });

  it("waits and loses nothing while the dead-letter queue is full", async () => {
    const { runner, clock, lane, sink } = aBridge();
    lane.maximumDead = 0;
    sink.next.push(() => [poison, delivered]);
    fill(lane, 2);
    runner.start();
    await clock.advance(0);

    fill(lane, 1);
    await clock.advance(10_000);
    expect(runner.status()).toMatchObject({ state: "blocked", queued: 2, deadLettered: 0 });
    lane.maximumDead = 10;
    await clock.advance(40_000);

    expect(lane.dead).toEqual([{ seq: 1, reason: "too large" }]);
    expect(lane.settled).toEqual([2, 3]);
    expect(runner.status()).toMatchObject({ state: "up", queued: 0, deadLettered: 1 });
  });

  it("drops expired records before they are sent or sent again, and counts them [MQTT-3.3.2-5]", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.next.push(unreachable);
    lane.put(aMessage({ expiresAt: 500 }));
    lane.put(aMessage({ expiresAt: 1_010 }));
    lane.put(aMessage());

    runner.start();
    await clock.advance(1_000);

    expect(sink.sent).toEqual([[2, 3], [3]]);
    expect(runner.status()).toMatchObject({ delivered: 1, dropped: { expired: 2 }, queued: 0 });
  });

  it("counts what the configuration throws away under its reason", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.next.push(() => [{ outcome: "dropped", reason: "unroutable" }]);
    fill(lane, 1);

    runner.start();
    await clock.advance(0);

    expect(runner.status()).toMatchObject({ delivered: 0, dropped: { unroutable: 1 }, queued: 0 });
  });

  it("skips and counts an entry that holds no message", async () => {
    const { runner, clock, lane, sink } = aBridge();
    lane.put(undefined);
    fill(lane, 1);

    runner.start();
    await clock.advance(0);

    expect(sink.sent).toEqual([[2]]);
    expect(runner.status().dropped).toEqual({ corrupt_record: 1 });
  });

  it("logs a change of state once and a lasting failure at most every 30 s", async () => {
    const { runner, clock, lane, sink, warnings } = aBridge();
    sink.always = unreachable;
    fill(lane, 1);

    runner.start();
    await clock.advance(20_000);
    expect(warnings).toHaveLength(1);
    await clock.advance(60_000);

    expect(warnings.length).toBeGreaterThan(1);
    expect(warnings.length).toBeLessThanOrEqual(3);
    expect(warnings.at(-1)).toMatchObject({ bridge: "b", error: "connection lost" });
  });

  it("lets one lane go on while another fails, and shows the worse of the two", async () => {
    const { runner, clock, outbox, sinks } = aBridge({ lanes: 2 });
    sinks[0]!.always = unreachable;
    for (const lane of outbox) fill(lane, 1);

    runner.start();
    await clock.advance(1_000);

    expect(outbox[1]!.settled).toEqual([1]);
    expect(runner.status()).toMatchObject({ state: "retrying", delivered: 1, queued: 1, lagMs: 1_000 });
  });

  it("shows as blocked a target that is connected but takes nothing", async () => {
    const { runner, clock, sink } = aBridge();
    runner.start();
    await clock.advance(0);

    sink.blockedReason = "low on memory";

    expect(runner.status()).toMatchObject({ state: "blocked", blockedReason: "low on memory" });
  });

  it("settles what is confirmed within the grace of a stop", async () => {
    const { runner, clock, lane, sink } = aBridge();
    let confirm: (results: SendResult[]) => void = () => {};
    sink.next.push(() => new Promise<SendResult[]>((resolve) => (confirm = resolve)));
    fill(lane, 1);
    runner.start();
    await clock.advance(0);

    const stopped = runner.stop(5_000);
    confirm([delivered]);
    await clock.advance(0);
    await stopped;

    expect(lane.settled).toEqual([1]);
    expect(sink.calls.at(-1)).toBe("close");
    expect(runner.status().state).toBe("stopped");
  });

  it("settles nothing that is confirmed after a stop gave up, and the next runner sends it again", async () => {
    const { runner, clock, lane, sink } = aBridge();
    let confirm: (results: SendResult[]) => void = () => {};
    sink.next.push(() => new Promise<SendResult[]>((resolve) => (confirm = resolve)));
    fill(lane, 2);
    runner.start();
    await clock.advance(0);

    const stopped = runner.stop(5_000);
    await clock.advance(5_000);
    await stopped;
    confirm([delivered, delivered]);
    await clock.advance(0);

    expect(lane.settled).toEqual([]);
    expect(lane.count).toBe(2);
    expect(lane.take()?.seq).toBe(1);
  });

  it("stops at once while it waits to try again", async () => {
    const { runner, clock, lane, sink } = aBridge();
    sink.always = unreachable;
    fill(lane, 1);
    runner.start();
    await clock.advance(10_000);
    const attempts = sink.sent.length;

    await runner.stop(5_000);
    await clock.advance(100_000);

    expect(sink.sent).toHaveLength(attempts);
    expect(lane.count).toBe(1);
  });

  it("keeps matched = delivered + dead-lettered + dropped + queued, and the order per lane, whatever the target does", async () => {
    const outcome = fc.constantFrom<SendResult["outcome"]>(
      "delivered",
      "poison",
      "retry",
      "split",
      "dropped",
    );
    const script = fc.array(fc.oneof(fc.constant("reject" as const), fc.array(outcome, { minLength: 1 })));
    await fc.assert(
      fc.asyncProperty(
        script,
        fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 8 }),
        async (answers, bursts) => {
          const { runner, clock, lane, sink } = aBridge({ options: { maximumBatchRecords: 5 } });
          const firstSent: number[] = [];
          const answer = (batch: readonly BridgeRecord[]) => {
            for (const { queued } of batch) if (!firstSent.includes(queued.seq)) firstSent.push(queued.seq);
            const outcomes = answers.shift() ?? ["delivered"];
            if (outcomes === "reject") return unreachable();
            return batch.map((_, i) => toResult(outcomes[i % outcomes.length]!));
          };
          sink.always = answer;
          runner.start();

          for (const burst of bursts) {
            fill(lane, burst);
            runner.counters.matched += burst;
            await clock.advance(100);
            const { matched, delivered, deadLettered, dropped, queued } = runner.status();
            expect(delivered + deadLettered + (dropped.unroutable ?? 0) + queued).toBe(matched);
          }
          await clock.advance(30_000 * (answers.length + 1));

          expect(lane.count).toBe(0);
          expect(firstSent).toEqual([...firstSent].sort((a, b) => a - b));
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Refuses every batch that holds one of these seqs, without saying which. */
function refusing(seqs: ReadonlySet<number>) {
  return (batch: readonly BridgeRecord[]): SendResult[] => {
    const isRefused = batch.some(({ queued }) => seqs.has(queued.seq));
    return batch.map(() => (isRefused ? { outcome: "split", reason: "refused" } : delivered));
  };
}

function toResult(outcome: SendResult["outcome"]): SendResult {
  if (outcome === "delivered") return { outcome };
  if (outcome === "dropped") return { outcome, reason: "unroutable" };
  return { outcome, reason: "as scripted" };
}
