import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { repairIdleTimer, requestQueueClass } from "../../../bridges/kafka/kafkajs-timer.ts";
import { silentLogger } from "../../../src/base/logger.ts";

interface RequestQueueLike {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  checkPendingRequests(): void;
}

function aRequestQueue(): RequestQueueLike {
  const options = {
    maxInFlightRequests: 1,
    requestTimeout: 1,
    enforceRequestTimeout: false,
    logger: silentLogger,
  };
  return Reflect.construct(requestQueueClass() as never, [options]) as RequestQueueLike;
}

describe("repair of the kafkajs timer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    repairIdleTimer();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("finds in this version of kafkajs the method that it replaces, and the fields that it reads", () => {
    expect(requestQueueClass().prototype.scheduleCheckPendingRequests.name).toBe("scheduleCheck");
    expect(aRequestQueue()).toMatchObject({ pending: [], throttledUntil: -1, throttleCheckTimeoutId: null });
  });

  it("arms no timer while nothing waits", () => {
    aRequestQueue().checkPendingRequests();

    expect(vi.getTimerCount()).toBe(0);
  });

  it("arms one timer while a throttle holds requests back, and none after it", () => {
    const queue = aRequestQueue();
    queue.throttledUntil = Date.now() + 500;

    queue.checkPendingRequests();
    queue.checkPendingRequests();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(500);

    expect(vi.getTimerCount()).toBe(0);
  });
});
