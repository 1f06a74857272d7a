import { describe, expect, it } from "vitest";

import { LaneFeed } from "../../src/queues/lane-feed.ts";
import type { Lane, LaneEntry } from "../../src/queues/ports.ts";
import { aMessage } from "../storage/samples.ts";

/** A lane whose count is more than it can hand out, as after damage on the disk. */
class DamagedLane implements Lane {
  readonly name = "damaged";
  readonly sentEnd = 0;
  readonly bytes = 0;
  readonly settled: number[] = [];
  readonly #entries: LaneEntry[];
  nextSeq: number;
  count: number;

  constructor(seqs: readonly number[], missing: number) {
    const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] } as const;
    this.#entries = seqs.map((seq) => ({ seq, message: aMessage(), delivery, deliveryCount: 0 }));
    this.count = seqs.length + missing;
    this.nextSeq = this.count;
  }

  attach(): void {}
  detach(): void {}

  push(seq: number): void {
    const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] } as const;
    this.#entries.push({ seq, message: aMessage(), delivery, deliveryCount: 0 });
    this.count++;
    this.nextSeq = seq + 1;
  }

  take(): LaneEntry | undefined {
    return this.#entries.shift();
  }

  settle(seq: number): void {
    this.settled.push(seq);
    this.count--;
  }

  requeue(): void {}
}

describe("the feed of a lane", () => {
  it("ends a purge with the first message that came after it, when some before cannot be read", () => {
    const lane = new DamagedLane([0, 2], 2);
    const feed = new LaneFeed(0, lane, undefined, lane, 0);
    feed.purge();
    expect(feed.readyCount).toBe(0);

    lane.push(4);
    const entry = feed.peek();

    expect(entry?.seq).toBe(4);
    expect(lane.settled).toEqual([0, 2]);
    expect(feed.isPurging).toBe(false);
  });

  it("ends a purge when the lane has nothing left, some of which could not be read", () => {
    const lane = new DamagedLane([0, 2], 2);
    const feed = new LaneFeed(0, lane, undefined, lane, 0);
    feed.purge();
    feed.purgeOn();
    expect(feed.isPurging).toBe(true);

    lane.count = 0; // it has noticed what is missing
    feed.purgeOn();

    expect(feed.isPurging).toBe(false);
  });
});
