import { beforeEach, describe, expect, it } from "vitest";
import { toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import { QoS } from "../../src/base/qos.ts";
import { Router } from "../../src/routing/router.ts";
import { aMessage } from "../storage/samples.ts";
import { heapBytesInUse } from "../support/heap.ts";
import { subscriptionOf, TestQueue, TestReceiver } from "./receivers.ts";

const publisher = toClientId("sensor");

describe("router", () => {
  let router: Router<TestQueue>;
  let queue: TestQueue;
  let session: TestReceiver;
  let other: TestReceiver;

  function publish(over: Parameters<typeof aMessage>[0] = {}): ReturnType<typeof router.route> {
    return router.route(aMessage({ topicName: "a/b", publisherId: publisher, ...over }));
  }
  function deliveryFor(message: Partial<Message>): unknown {
    return publish(message).targets[0]?.delivery;
  }

  beforeEach(() => {
    router = new Router();
    queue = new TestQueue();
    session = new TestReceiver("session", queue);
    other = new TestReceiver("other");
  });

  describe("matching", () => {
    it("finds nobody for a topic without subscriptions", () => {
      expect(publish()).toEqual({ matched: 0, targets: [] });
    });

    it("hands over at once to those who need no durable copy, and names the queues of the others", () => {
      router.subscribe(subscriptionOf(session, "a/+"));
      router.subscribe(subscriptionOf(other, "#"));

      const { matched, targets } = publish();

      expect(matched).toBe(2);
      expect(targets.map((target) => target.queue)).toEqual([queue]);
      expect(other.delivered).toHaveLength(1);
      expect(session.delivered).toEqual([]);
    });

    it("never gives QoS 0 to a session's durable queue, published or granted", () => {
      router.subscribe(subscriptionOf(session, "a/b", { qos: 2 }));
      const published = publish({ qos: QoS.AtMostOnce });
      const lower = new TestReceiver("lower", new TestQueue());
      router.subscribe(subscriptionOf(lower, "a/c", { qos: 0 }));
      const granted = publish({ topicName: "a/c", qos: QoS.ExactlyOnce });

      expect([published.targets, granted.targets]).toEqual([[], []]);
      expect([session.delivered[0]?.delivery.qos, lower.delivered[0]?.delivery.qos]).toEqual([0, 0]);
    });

    it("delivers with the lower of published and granted QoS [MQTT-3.8.4-8]", () => {
      router.subscribe(subscriptionOf(session, "a/b", { qos: 1 }));

      expect(deliveryFor({ qos: 2 })).toMatchObject({ qos: 1 });
      expect(deliveryFor({ qos: 1 })).toMatchObject({ qos: 1 });
    });
  });

  describe("overlapping subscriptions", () => {
    it("send the message once, with the highest QoS and all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-4]", () => {
      router.subscribe(subscriptionOf(session, "a/b", { qos: 0, subscriptionIdentifier: 3 }));
      router.subscribe(subscriptionOf(session, "a/+", { qos: 2, subscriptionIdentifier: 9 }));
      router.subscribe(subscriptionOf(session, "#", { qos: 1 }));

      const { matched, targets } = publish({ qos: 2 });

      expect(matched).toBe(1);
      expect(targets).toHaveLength(1);
      expect(targets[0]?.delivery.qos).toBe(2);
      expect([...(targets[0]?.delivery.subscriptionIdentifiers ?? [])].sort()).toEqual([3, 9]);
    });

    it("keep RETAIN when one of them asked for it", () => {
      router.subscribe(subscriptionOf(session, "a/b"));
      router.subscribe(subscriptionOf(session, "#", { retainAsPublished: true }));

      expect(deliveryFor({ retain: true })).toMatchObject({ retain: true });
    });

    it("count only without those that are No Local, for their own message", () => {
      router.subscribe(subscriptionOf(session, "a/b", { qos: 2, noLocal: true, subscriptionIdentifier: 1 }));
      router.subscribe(subscriptionOf(session, "#", { qos: 1, subscriptionIdentifier: 2 }));

      const own = deliveryFor({ qos: 2, publisherId: toClientId("session") });
      const foreign = deliveryFor({ qos: 2 });

      expect(own).toMatchObject({ qos: 1, subscriptionIdentifiers: [2] });
      expect(foreign).toMatchObject({ qos: 2 });
    });
  });

  describe("options", () => {
    it("No Local keeps a client's own messages from it, and no others [MQTT-3.8.3-3]", () => {
      router.subscribe(subscriptionOf(session, "a/b", { noLocal: true }));

      expect(publish({ publisherId: toClientId("session") }).matched).toBe(0);
      expect(publish().matched).toBe(1);
    });

    it("RETAIN is cleared unless Retain As Published asks for it [MQTT-3.3.1-12] [MQTT-3.3.1-13]", () => {
      router.subscribe(subscriptionOf(session, "a/b"));
      router.subscribe(subscriptionOf(new TestReceiver("keeps", new TestQueue()), "a/b", KEEPS_RETAIN));

      const retains = (message: Partial<Message>) =>
        publish(message).targets.map(({ delivery }) => delivery.retain);

      expect(retains({ retain: true })).toEqual([false, true]);
      expect(retains({ retain: false })).toEqual([false, false]);
    });
  });

  describe("remembered topics", () => {
    it("notice a subscription that comes and one that goes", () => {
      const first = subscriptionOf(session, "a/b");
      const matches: number[] = [publish().matched];

      router.subscribe(first);
      matches.push(publish().matched);
      router.subscribe(subscriptionOf(other, "a/#"));
      matches.push(publish().matched);
      router.unsubscribe(first.receiver, first.topicFilter);
      matches.push(publish().matched);

      expect(matches).toEqual([0, 1, 2, 1]);
      expect(router.subscriptionCount).toBe(1);
    });

    it("notice that a subscription was replaced by one with other options", () => {
      const first = subscriptionOf(session, "a/b", { qos: 1 });
      router.subscribe(first);
      publish({ qos: 2 });

      router.unsubscribe(first.receiver, first.topicFilter);
      router.subscribe(subscriptionOf(session, "a/b", { qos: 2 }));

      expect(deliveryFor({ qos: 2 })).toMatchObject({ qos: 2 });
    });

    it("are bounded however long the names are", () => {
      router.subscribe(subscriptionOf(other, "nothing"));
      const before = heapBytesInUse();

      for (let i = 0; i < 9_000; i++) {
        // Copied into a string of its own: a concatenation would share its long half with the others.
        publish({ topicName: Buffer.from(`${i}/${"x".repeat(20_000)}`).toString("latin1") });
      }

      expect(heapBytesInUse() - before).toBeLessThan(90 * 1024 * 1024);
    });

    it("are bounded however many receivers each of them has", () => {
      for (let i = 0; i < 500; i++) router.subscribe(subscriptionOf(new TestReceiver(`${i}`), "#"));
      const before = heapBytesInUse();

      for (let i = 0; i < 3_000; i++) router.refusedBy(aMessage({ topicName: `t/${i}` }));

      expect(heapBytesInUse() - before).toBeLessThan(40 * 1024 * 1024);
    });
  });

  describe("topics for which there is no room", () => {
    const room = 10_000;
    let asked: number;

    function publishTopics(from: number, to: number): void {
      for (let i = from; i < to; i++) publish({ topicName: `t/${i}` });
    }

    beforeEach(() => {
      asked = 0;
      router.subscribe(subscriptionOf(other, "t/+"));
      router.useSource({ match: () => void asked++ });
      publishTopics(0, room);
    });

    it("do not drive out those that are remembered", () => {
      publishTopics(room, 2 * room);
      publishTopics(0, room);

      expect(asked).toBe(2 * room);
    });

    it("are remembered when there were many times as many of them", () => {
      publishTopics(room, 10 * room);
      asked = 0;

      publishTopics(10 * room - 100, 10 * room);

      expect(asked).toBe(0);
    });

    it("are looked for once when a message asks twice", () => {
      const message = aMessage({ topicName: "t/another" });
      router.refusedBy(message);

      router.route(message);

      expect(asked).toBe(room + 1);
    });

    it("notice a subscription that comes and one that goes", () => {
      const another = subscriptionOf(session, "t/another");
      const matches: number[] = [publish({ topicName: "t/another" }).matched];

      router.subscribe(another);
      publishTopics(0, room);
      matches.push(publish({ topicName: "t/another" }).matched);
      router.unsubscribe(another.receiver, another.topicFilter);
      matches.push(publish({ topicName: "t/another" }).matched);

      expect(matches).toEqual([1, 2, 1]);
    });
  });

  describe("full queues", () => {
    beforeEach(() => {
      session.mayRefuse = true;
      router.subscribe(subscriptionOf(session, "a/b", { qos: 2 }));
    });

    it("hold up or refuse a publisher when that is their way", () => {
      const refusedBy = (): TestQueue | undefined => router.refusedBy(aMessage({ topicName: "a/b" }));
      const answers = [refusedBy()];

      queue.isFull = true;
      for (const whenFull of ["block", "reject", "dropNewest"] as const) {
        queue.whenFull = whenFull;
        answers.push(refusedBy());
      }

      expect(answers).toEqual([undefined, queue, queue, undefined]);
    });

    it("are not asked when their receiver never refuses", () => {
      router = new Router();
      session.mayRefuse = false;
      router.subscribe(subscriptionOf(session, "a/b"));
      queue.isFull = true;
      queue.whenFull = "block";

      expect(router.refusedBy(aMessage({ topicName: "a/b" }))).toBeUndefined();
    });

    it("do not hold up what needs no durable copy", () => {
      queue.isFull = true;
      queue.whenFull = "block";

      expect(router.refusedBy(aMessage({ topicName: "a/b", qos: 0 }))).toBeUndefined();
    });

    it("go without the message and count it, while the others get it", () => {
      queue.isFull = true;
      router.subscribe(subscriptionOf(other, "a/#"));

      const { matched, targets } = publish();

      expect({ matched, targets }).toEqual({ matched: 2, targets: [] });
      expect(queue.missedMessages).toHaveLength(1);
      expect(other.delivered).toHaveLength(1);
    });
  });
});

const KEEPS_RETAIN = { retainAsPublished: true } as const;
