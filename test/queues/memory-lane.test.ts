import { describe, expect, it } from "vitest";

import { MemoryBudget } from "../../src/queues/memory-budget.ts";
import { MemoryLane } from "../../src/queues/memory-lane.ts";
import { aMessage } from "../storage/samples.ts";

const DELIVERY = { qos: 1, retain: false, subscriptionIdentifiers: [] } as const;

function aLane(entries = 1000): { lane: MemoryLane; budget: MemoryBudget; timesReady: () => number } {
  const budget = new MemoryBudget(1_000_000);
  const lane = new MemoryLane("lane", budget);
  let timesReady = 0;
  lane.attach({
    committedOnly: false,
    takenLimits: { entries, bytes: 1_000_000 },
    ready: () => {
      timesReady++;
    },
  });
  return { lane, budget, timesReady: () => timesReady };
}

function push(lane: MemoryLane, count: number): void {
  for (let i = 0; i < count; i++) lane.push(aMessage({ payload: Buffer.from("12345") }), DELIVERY);
}

describe("a lane in memory", () => {
  it("gives its entries in order, and counts them and their bytes until they are settled", () => {
    const { lane, budget } = aLane();

    push(lane, 3);
    const seqs = [lane.take(), lane.take()].map((entry) => entry?.seq);
    expect([seqs, lane.count, lane.bytes, lane.sentEnd, lane.nextSeq]).toEqual([[0, 1], 3, 3 * 69, 2, 3]);
    lane.settle(1);
    lane.settle(1);

    expect([lane.count, lane.bytes, budget.usedBytes]).toEqual([2, 2 * 69, 2 * 69]);
  });

  it("takes headers and properties of messages out of the budget too", () => {
    const { lane, budget } = aLane();
    const header = Buffer.alloc(1000);
    lane.push(
      aMessage({ payload: Buffer.alloc(5), envelope: { exchange: "", routingKey: "q", header } }),
      DELIVERY,
    );
    const properties = {
      payloadFormatIndicator: undefined,
      contentType: undefined,
      responseTopic: undefined,
      correlationData: Buffer.alloc(500),
      userProperties: [["a".repeat(100), "b".repeat(400)]] as const,
    };
    lane.push(aMessage({ payload: Buffer.alloc(5), properties }), DELIVERY);
    const used = budget.usedBytes;
    lane.take();
    lane.settle(0);
    lane.clear();

    expect([used, budget.usedBytes]).toEqual([2 * 1069, 0]);
  });

  it("gives what was taken and not settled again, with its count, after it was attached anew", () => {
    const { lane } = aLane();
    push(lane, 4);
    for (let i = 0; i < 3; i++) lane.take();
    lane.settle(1);
    lane.requeue(2, 5);

    lane.detach();
    expect(lane.take()).toBeUndefined();
    lane.attach({ committedOnly: false, takenLimits: { entries: 10, bytes: 1000 }, ready() {} });

    const again = [lane.take(), lane.take(), lane.take()];
    expect(again.map((entry) => [entry?.seq, entry?.deliveryCount])).toEqual([
      [0, 0],
      [2, 5],
      [3, 0],
    ]);
    expect(lane.take()).toBeUndefined();
  });

  it("gives no more than may be taken, and tells when there is room again", () => {
    const { lane, timesReady } = aLane(2);
    push(lane, 3);
    const taken = [lane.take(), lane.take(), lane.take()];
    expect(taken.map((entry) => entry?.seq)).toEqual([0, 1, undefined]);
    const before = timesReady();

    lane.settle(0);

    expect(timesReady()).toBe(before + 1);
    expect(lane.take()?.seq).toBe(2);
  });

  it("keeps its order while many entries come and go", () => {
    const { lane, budget } = aLane(100_000);
    const seen: number[] = [];
    for (let round = 0; round < 30; round++) {
      push(lane, 200);
      for (let i = 0; i < 150; i++) {
        const seq = lane.take()?.seq ?? -1;
        seen.push(seq);
        lane.settle(seq);
      }
    }

    expect(seen).toEqual(Array.from({ length: 4500 }, (_, i) => i));
    expect(lane.count).toBe(1500);
    lane.clear();
    expect([lane.count, lane.bytes, budget.usedBytes]).toEqual([0, 0, 0]);
  });
});
