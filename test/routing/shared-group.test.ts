import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import type { Delivery, QueuedMessage } from "../../src/base/queued-message.ts";
import { type GroupMember, type SharedDelivery, SharedGroup } from "../../src/routing/shared-group.ts";

const QOS_0: Delivery = { qos: 0, retain: false, subscriptionIdentifiers: [] };
const QOS_1: Delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };

function aMessage(text: string, expiresAt = 0): Message {
  return {
    topicName: "t" as Message["topicName"],
    payload: Buffer.from(text),
    qos: 1,
    retain: false,
    properties: undefined,
    publisherId: toClientId("publisher"),
    receivedAt: 0,
    expiresAt,
    envelope: undefined,
  };
}

/** Takes up to `limit` messages at a time. */
class Member implements GroupMember {
  isConnected = true;
  readonly held: SharedDelivery[] = [];
  readonly received: string[] = [];
  readonly #limit: number;
  readonly #mayReceive: boolean;

  constructor(limit = 10, mayReceive = true) {
    this.#limit = limit;
    this.#mayReceive = mayReceive;
  }

  get isReady(): boolean {
    return this.isConnected && this.held.length < this.#limit;
  }

  mayReceive(): boolean {
    return this.#mayReceive;
  }

  deliver(message: Message): void {
    this.received.push(String(message.payload));
  }

  take(shared: SharedDelivery): void {
    this.held.push(shared);
    this.received.push(String(shared.queued.message?.payload));
  }

  acknowledge(): void {
    this.held.shift()?.settled();
  }

  /** What a session does when its connection ends. */
  go(group: SharedGroup<Queue>): void {
    this.isConnected = false;
    for (const shared of this.held.splice(0)) shared.returned();
    group.memberChanged();
  }
}

/** A durable queue: what was taken and not settled comes again after the next attach. */
class Queue {
  readonly isFull = false;
  readonly whenFull = "dropNewest" as const;
  readonly entries = new Map<number, QueuedMessage>();
  #nextSeq = 0;
  #taken = -1;
  #ready: (() => void) | undefined;

  push(text: string): void {
    const seq = this.#nextSeq++;
    this.entries.set(seq, { seq, message: aMessage(text), delivery: QOS_1 });
    this.#ready?.();
  }

  missed(): void {}

  attach(consumer: { ready(): void }): void {
    this.#ready = () => consumer.ready();
    this.#taken = -1;
  }

  detach(): void {
    this.#ready = undefined;
  }

  take(): QueuedMessage | undefined {
    for (const [seq, entry] of this.entries) {
      if (seq <= this.#taken) continue;
      this.#taken = seq;
      return entry;
    }
    return undefined;
  }
}

function aGroup(maximumMessages = 100) {
  const dropped: string[] = [];
  const time = { now: 1000 };
  const group = new SharedGroup<Queue>({
    settle: (queue, seq) => void queue.entries.delete(seq),
    now: () => time.now,
    dropped: (reason) => dropped.push(reason),
    maximumMessages,
  });
  const publish = (...texts: readonly string[]): void => {
    for (const text of texts) group.deliver(aMessage(text), QOS_1);
  };
  const join = (...members: readonly Member[]): void => {
    for (const member of members) group.join(member);
  };
  return { group, dropped, time, publish, join };
}

describe("SharedGroup", () => {
  it("takes its members in turn", () => {
    const { publish, join } = aGroup();
    const [a, b, c] = [new Member(), new Member(), new Member()];
    join(a, b, c);

    publish("1", "2", "3", "4", "5");

    expect([a.received, b.received, c.received]).toEqual([["1", "4"], ["2", "5"], ["3"]]);
  });

  it("takes them in turn at QoS 0 too", () => {
    const { group, join } = aGroup();
    const [a, b] = [new Member(), new Member()];
    join(a, b);

    for (const text of ["1", "2", "3"]) group.deliver(aMessage(text), QOS_0);

    expect([a.received, b.received]).toEqual([["1", "3"], ["2"]]);
  });

  it("leaves out who has no room, and goes on with who has", () => {
    const { publish, join } = aGroup();
    const [small, large] = [new Member(1), new Member(10)];
    join(small, large);

    publish("1", "2", "3", "4");

    expect([small.received, large.received]).toEqual([["1"], ["2", "3", "4"]]);
  });

  it("lets messages wait while nobody has room, in their order", () => {
    const { group, publish, join } = aGroup();
    const member = new Member(1);
    join(member);
    publish("1", "2", "3");
    expect(member.received).toEqual(["1"]);

    for (let i = 0; i < 2; i++) {
      member.acknowledge();
      group.memberChanged();
    }

    expect(member.received).toEqual(["1", "2", "3"]);
  });

  it("gives the others what a member that went had not acknowledged, before what waits", () => {
    const { group, publish, join } = aGroup();
    const [gone, staying] = [new Member(2), new Member(1)];
    join(gone, staying);
    publish("1", "2", "3", "4");
    expect([gone.received, staying.received]).toEqual([["1", "3"], ["2"]]);

    gone.go(group);
    for (let i = 0; i < 3; i++) {
      staying.acknowledge();
      group.memberChanged();
    }

    expect(staying.received).toEqual(["2", "1", "3", "4"]);
  });

  it("keeps messages while nobody is connected, those on their way first", () => {
    const { group, publish, join } = aGroup();
    const first = new Member(1);
    join(first);
    publish("1", "2");
    first.go(group);
    publish("3");

    const second = new Member();
    join(second);

    expect(second.received).toEqual(["1", "2", "3"]);
  });

  it("drops QoS 0 while nobody is connected, and counts it", () => {
    const { group, dropped, join } = aGroup();
    const member = new Member();
    join(member);
    member.go(group);

    group.deliver(aMessage("1"), QOS_0);

    expect(dropped).toEqual(["receiver_offline"]);
  });

  it("holds no more in memory than it may, what members have included", () => {
    const { dropped, publish, join } = aGroup(3);
    const member = new Member(1);
    join(member);

    publish("1", "2", "3", "4", "5");

    expect(dropped).toEqual(["queue_full", "queue_full"]);
    expect(member.received).toEqual(["1"]);
  });

  it("does not give anybody what has expired", () => {
    const { group, dropped, time, join } = aGroup();
    group.deliver(aMessage("1", time.now + 5), QOS_1);
    group.deliver(aMessage("2"), QOS_1);
    time.now += 5;

    const member = new Member();
    join(member);

    expect(member.received).toEqual(["2"]);
    expect(dropped).toEqual(["expired"]);
  });

  it("passes over who may not have a message, and drops what nobody may have", () => {
    const { group, dropped, publish, join } = aGroup();
    const [barred, allowed] = [new Member(10, false), new Member()];
    join(barred, allowed);
    publish("1", "2");
    expect([barred.received, allowed.received]).toEqual([[], ["1", "2"]]);

    group.leave(allowed);
    publish("3");

    expect(barred.received).toEqual([]);
    expect(dropped).toEqual(["not_authorized"]);
  });

  it("empties its memory before the durable queue that it got later", () => {
    const { group, publish, join } = aGroup();
    const queue = new Queue();
    publish("1");
    group.useQueue(queue);
    queue.push("2");

    const member = new Member();
    join(member);

    expect(member.received).toEqual(["1", "2"]);
    member.acknowledge();
    member.acknowledge();
    expect(queue.entries.size).toBe(0);
  });

  it("asks for the durable queue at QoS 1 only", () => {
    const { group } = aGroup();
    const queue = new Queue();
    expect(group.queueFor(aMessage("1"), 1)).toBeUndefined();

    group.useQueue(queue);

    expect(group.queueFor(aMessage("1"), 1)).toBe(queue);
    expect(group.queueFor(aMessage("1"), 0)).toBeUndefined();
  });

  it("loses nothing and has nothing acknowledged twice, whoever comes, goes and acknowledges when", () => {
    const step = fc.record({
      what: fc.constantFrom("publish", "publish", "acknowledge", "acknowledge", "go", "come"),
      who: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, isDurable) => {
        const { group, dropped, publish, join } = aGroup();
        const queue = new Queue();
        if (isDurable) group.useQueue(queue);
        const members = [new Member(2), new Member(1), new Member(3)];
        join(...members);
        const acknowledged: string[] = [];
        const acknowledge = (member: Member): void => {
          const text = member.held[0]?.queued.message?.payload;
          if (text !== undefined) acknowledged.push(String(text));
          member.acknowledge();
          group.memberChanged();
        };
        let published = 0;

        for (const { what, who } of steps) {
          const member = members[who] as Member;
          if (what === "publish") {
            const text = String(published++);
            if (isDurable) queue.push(text);
            else publish(text);
          } else if (what === "acknowledge") acknowledge(member);
          else if (what === "go") member.go(group);
          else {
            member.isConnected = true;
            group.memberChanged();
          }
        }
        for (const member of members) member.isConnected = true;
        group.memberChanged();
        for (let i = 0; i <= published; i++) members.forEach(acknowledge);

        const expected = Array.from({ length: published }, (_, i) => i);
        expect(acknowledged.map(Number).sort((x, y) => x - y)).toEqual(expected);
        expect(dropped).toEqual([]);
      }),
    );
  });
});
