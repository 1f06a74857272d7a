import { describe, expect, it } from "vitest";
import { toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import { Router } from "../../src/routing/router.ts";
import type { GroupMember } from "../../src/routing/shared-group.ts";
import { type GroupKey, SharedGroups } from "../../src/routing/shared-groups.ts";

class Queue {
  readonly isFull = false;
  readonly whenFull = "dropNewest" as const;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  missed(): void {}
  attach(): void {}
  detach(): void {}
  take(): undefined {}
}

function groups() {
  const router = new Router<Queue>();
  const queues = new Map<string, Queue>();
  const all = new SharedGroups<Queue>(router, {
    settle() {},
    now: () => 0,
    dropped() {},
    maximumMessages: 10,
    declareQueue: (name) => {
      queues.set(name, new Queue(name));
      return queues.get(name) as Queue;
    },
    dropQueue: ({ name }) => void queues.delete(name),
  });
  return { all, router, queues };
}

function key(shareName: string, filter: string): GroupKey {
  return { shareName, topicFilter: filter as GroupKey["topicFilter"] };
}

function aMember(): GroupMember & { received: number } {
  return {
    received: 0,
    isConnected: true,
    isReady: true,
    mayReceive: () => true,
    deliver() {
      this.received++;
    },
    take(shared) {
      this.received++;
      shared.settled();
    },
  };
}

function aMessage(qos: 0 | 1): Message {
  return {
    topicName: "t" as Message["topicName"],
    payload: Buffer.from("x"),
    qos,
    retain: false,
    properties: undefined,
    publisherId: toClientId("p"),
    receivedAt: 0,
    expiresAt: 0,
    envelope: undefined,
  };
}

describe("SharedGroups", () => {
  it("has one group for one name and filter, and another for another (MQTT 5 §4.8.2)", () => {
    const { all, router } = groups();
    const [a, b, c] = [aMember(), aMember(), aMember()];

    const group = all.join(key("g", "t"), a, false);
    expect(all.join(key("g", "t"), b, false)).toBe(group);
    expect(all.join(key("g", "+"), c, false)).not.toBe(group);
    router.route(aMessage(0));

    expect(router.subscriptionCount).toBe(2);
    expect([a.received + b.received, c.received]).toEqual([1, 1]);
  });

  it("declares a durable queue with the first member that lasts, and drops it with the last member", () => {
    const { all, router, queues } = groups();
    const [a, b] = [aMember(), aMember()];
    all.join(key("g", "t/#"), a, false);
    expect(queues.size).toBe(0);

    all.join(key("g", "t/#"), b, true);
    expect([...queues.keys()]).toEqual(["share/g/t/#"]);
    all.leave(key("g", "t/#"), b);
    expect(queues.size).toBe(1);
    all.leave(key("g", "t/#"), a);

    expect(queues.size).toBe(0);
    expect(router.subscriptionCount).toBe(0);
    expect(all.has("share/g/t/#")).toBe(false);
  });

  it("keeps group and queue when a member comes before it leaves", () => {
    const { all, queues } = groups();
    const [before, after] = [aMember(), aMember()];
    const group = all.join(key("g", "t"), before, true);
    const queue = queues.get("share/g/t");

    expect(all.join(key("g", "t"), after, true)).toBe(group);
    all.leave(key("g", "t"), before);

    expect(queues.get("share/g/t")).toBe(queue);
    expect(all.has("share/g/t")).toBe(true);
  });

  it("takes no notice of who leaves a group that is gone", () => {
    const { all } = groups();
    const member = aMember();
    all.join(key("g", "t"), member, false);
    all.leave(key("g", "t"), member);

    expect(() => all.leave(key("g", "t"), member)).not.toThrow();
  });

  it("has QoS 2 delivered with QoS 1, and what lasts put into the durable queue", () => {
    const { all, router, queues } = groups();
    all.join(key("g", "t"), aMember(), true);

    const { targets } = router.route({ ...aMessage(1), qos: 2 });

    expect(targets).toMatchObject([{ queue: queues.get("share/g/t"), delivery: { qos: 1 } }]);
  });
});
