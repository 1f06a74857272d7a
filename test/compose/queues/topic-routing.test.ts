import { describe, expect, it } from "vitest";
import { QueueTopicRouting } from "../../../src/compose/queues/topic-routing.ts";
import type { QueueReceiver } from "../../../src/queues/ports.ts";
import { Publishing } from "../../../src/routing/publishing.ts";
import { Router } from "../../../src/routing/router.ts";
import type { DurableSession } from "../../../src/state/durable-session.ts";
import type { Queue } from "../../../src/state/queue.ts";
import { aMessage } from "../../storage/samples.ts";
import { heapBytesInUse } from "../../support/heap.ts";

describe("the routing core in the words of the queue engine", () => {
  it("keeps nothing for each of the topics that reach a queue through an exchange", () => {
    const router = new Router<Queue>();
    const publishing = new Publishing<Queue, DurableSession>(router, { append: () => {} });
    const receiver: QueueReceiver<Queue> = {
      id: "",
      mayRefuse: false,
      queueFor: () => undefined,
      deliver: () => {},
    };
    new QueueTopicRouting(router, publishing).useSource({ match: (_, found) => void found.push(receiver) });
    const before = heapBytesInUse();

    for (let i = 0; i < 100_000; i++) router.route(aMessage({ topicName: `t/${i}` }));
    const kept = heapBytesInUse() - before;
    const { matched } = router.route(aMessage({ topicName: "t/0" })); // the router is in use up to here

    expect(kept).toBeLessThan(10 * 1024 * 1024);
    expect(matched).toBe(1);
  });
});
