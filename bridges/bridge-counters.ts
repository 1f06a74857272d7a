import { countUp } from "../src/base/count-up.ts";
import type { BridgeDropReason } from "./bridge.ts";

/**
 * Plain numbers of one bridge since its start, never reset. With what the outbox held at the start:
 * matched + heldAtStart = delivered + deadLettered + dropped + queued.
 */
export class BridgeCounters {
  /** Records that matched a mapping; raised by whoever puts them into the outbox, or fails to. */
  matched = 0;
  heldAtStart = 0;
  delivered = 0;
  deadLettered = 0;
  /** Records that were sent, or part of a batch that failed, and wait to be sent again. */
  retried = 0;
  /** Connections and batches that failed as a whole or in part. */
  sendFailures = 0;
  /** Batches handed to the target, the repeated ones too. */
  batches = 0;
  readonly dropped = new Map<BridgeDropReason, number>();

  drop(reason: BridgeDropReason): void {
    countUp(this.dropped, reason);
  }
}
