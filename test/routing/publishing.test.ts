import { beforeEach, describe, expect, it } from "vitest";
import { type DurablePublish, Published, Publishing, type Waiter } from "../../src/routing/publishing.ts";
import { Router } from "../../src/routing/router.ts";
import { aMessage } from "../storage/samples.ts";
import { subscriptionOf, TestQueue, TestReceiver } from "./receivers.ts";

type Appended = DurablePublish<TestQueue, string> & {
  readonly waiter: Waiter | undefined;
  readonly token: number | undefined;
};

const waiter: Waiter = { committed() {} };

describe("publishing", () => {
  let router: Router<TestQueue>;
  let publishing: Publishing<TestQueue, string>;
  let appended: Appended[];
  let queue: TestQueue;

  function subscribeDurably(): void {
    router.subscribe(subscriptionOf(new TestReceiver("durable", queue), "plant/#", { qos: 2 }));
  }
  function publish(message = aMessage(), receivedFor?: string): number {
    return publishing.publish(message, receivedFor, 7, waiter, 42);
  }

  beforeEach(() => {
    router = new Router();
    appended = [];
    queue = new TestQueue();
    publishing = new Publishing<TestQueue, string>(router, {
      append: (change, who, token) => appended.push({ ...change, waiter: who, token }),
    });
  });

  describe("QoS 1 and 2", () => {
    it("are owned at once when nobody needs a durable copy", () => {
      const nobody = publish();
      const transient = new TestReceiver("transient");
      router.subscribe(subscriptionOf(transient, "plant/#"));
      const somebody = publish();

      expect([nobody, somebody]).toEqual([0, Published.Matched]);
      expect(transient.delivered).toHaveLength(1);
      expect(appended).toEqual([]);
    });

    it("wait for the journal when somebody does, and tell it whom to tell", () => {
      subscribeDurably();

      const result = publish();

      expect(result).toBe(Published.Pending | Published.Matched);
      expect(appended).toMatchObject([{ waiter, token: 42, retain: false, willOf: undefined }]);
      expect(appended[0]?.targets.map((target) => target.queue)).toEqual([queue]);
    });

    it("are matched, not pending, when the only queue is full", () => {
      subscribeDurably();
      queue.isFull = true;

      expect(publish()).toBe(Published.Matched);
      expect(queue.missedMessages).toHaveLength(1);
      expect(appended).toEqual([]);
    });

    it("store the identity of QoS 2 in the write that stores the message", () => {
      subscribeDurably();

      publish(aMessage({ qos: 2 }), "session");

      expect(appended).toMatchObject([{ receivedFor: "session", packetId: 7 }]);
      expect(appended[0]?.targets).toHaveLength(1);
    });

    it("store the identity of QoS 2 also when nobody matched", () => {
      const result = publish(aMessage({ qos: 2 }), "session");

      expect(result).toBe(Published.Pending);
      expect(appended).toMatchObject([{ receivedFor: "session", packetId: 7, targets: [] }]);
    });

    it("wait for the retained message to be stored, or to be cleared by an empty payload", () => {
      const results = [
        publish(aMessage({ retain: true })),
        publish(aMessage({ retain: true, payload: Buffer.alloc(0) })),
      ];

      expect(results).toEqual([Published.Pending, Published.Pending]);
      expect(appended.map(({ retain, message }) => [retain, message.payload.length])).toEqual([
        [true, 4],
        [true, 0],
      ]);
    });
  });

  it("hands the journal a copy: the read buffer may be used again", () => {
    subscribeDurably();
    const readBuffer = Buffer.from("..21.5..");
    const message = aMessage({ payload: readBuffer.subarray(2, 6) });

    publish(message);
    readBuffer.fill(0);

    expect(appended[0]?.message.payload.toString()).toBe("21.5");
    expect(appended[0]?.message).toMatchObject({ topicName: message.topicName, qos: 1 });
  });

  it("hands the same copy to all receivers", () => {
    subscribeDurably();
    router.subscribe(subscriptionOf(new TestReceiver("second", new TestQueue()), "plant/#"));

    publish();

    expect(appended).toHaveLength(1);
    expect(appended[0]?.targets).toHaveLength(2);
  });

  describe("QoS 0", () => {
    it("never touches the journal on its way to sessions", () => {
      subscribeDurably();

      publishing.publishQoS0(aMessage({ qos: 0 }));

      expect(appended).toEqual([]);
    });

    it("is stored when it is to be retained, and nobody waits for that", () => {
      publishing.publishQoS0(aMessage({ qos: 0, retain: true }));

      expect(appended).toMatchObject([{ retain: true, waiter: undefined, targets: [] }]);
    });

    it("is stored for receivers that want all of it durably, as an outbox does", () => {
      const outbox = new TestReceiver("");
      outbox.queueFor = () => queue;
      router.subscribe(subscriptionOf(outbox, "plant/#", { qos: 2 }));

      publishing.publishQoS0(aMessage({ qos: 0 }));

      expect(appended.map(({ targets }) => targets.length)).toEqual([1]);
    });
  });

  describe("a will", () => {
    it("leaves its session in the write that stores it", () => {
      subscribeDurably();

      publishing.publishWill(aMessage(), "session");

      expect(appended).toMatchObject([{ willOf: "session", receivedFor: undefined }]);
      expect(appended[0]?.targets).toHaveLength(1);
    });

    it("leaves its session also when nobody matched", () => {
      publishing.publishWill(aMessage(), "session");

      expect(appended).toMatchObject([{ willOf: "session", targets: [] }]);
    });

    it("of a session that is not durable needs no journal", () => {
      publishing.publishWill(aMessage(), undefined);

      expect(appended).toEqual([]);
    });
  });

  describe("one message for one receiver", () => {
    const delivery = { qos: 1, retain: true, subscriptionIdentifiers: [] } as const;

    it("goes into its durable queue, and does not become retained again", () => {
      publishing.deliverTo(new TestReceiver("durable", queue), aMessage({ retain: true }), delivery);

      expect(appended).toMatchObject([{ retain: false, targets: [{ queue, delivery }] }]);
    });

    it("goes straight to one that needs no durable copy", () => {
      const receiver = new TestReceiver("transient");

      publishing.deliverTo(receiver, aMessage(), delivery);

      expect(receiver.delivered).toMatchObject([{ delivery }]);
      expect(appended).toEqual([]);
    });

    it("is counted as missed when the queue is full", () => {
      queue.isFull = true;

      publishing.deliverTo(new TestReceiver("durable", queue), aMessage(), delivery);

      expect(queue.missedMessages).toHaveLength(1);
      expect(appended).toEqual([]);
    });
  });
});
