import { createRequire } from "node:module";

/** What the repaired method touches in kafkajs 2.2.4, `src/network/requestQueue/index.js`. */
interface RequestQueue {
  pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

interface RequestQueueClass {
  readonly prototype: RequestQueue & { scheduleCheckPendingRequests(this: RequestQueue): void };
}

const RECHECK_MS = 10;

/** The class inside kafkajs whose timer is repaired; the version is pinned because of this. */
export function requestQueueClass(): RequestQueueClass {
  return createRequire(import.meta.url)("kafkajs/src/network/requestQueue");
}

/**
 * kafkajs re-arms a 1 ms timer for ever on each connection that was used (4.7 % of a core idle with three brokers);
 * with this it arms one only while requests wait or the broker throttles. Does nothing the second time.
 */
export function repairIdleTimer(): void {
  requestQueueClass().prototype.scheduleCheckPendingRequests = scheduleCheck;
}

function scheduleCheck(this: RequestQueue): void {
  const throttledForMs = this.throttledUntil - Date.now();
  if (this.throttleCheckTimeoutId || (this.pending.length === 0 && throttledForMs <= 0)) return;
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledForMs > 0 ? throttledForMs : RECHECK_MS,
  );
}
