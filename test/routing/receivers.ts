import type { Message } from "../../src/base/message.ts";
import type { QoS } from "../../src/base/qos.ts";
import type { Delivery } from "../../src/base/queued-message.ts";
import type { Receiver, RoutableQueue, Subscription } from "../../src/routing/router.ts";
import { filter } from "./topic-names.ts";

/** A queue that knows only whether it is full. */
export class TestQueue implements RoutableQueue {
  isFull = false;
  whenFull: RoutableQueue["whenFull"] = "dropNewest";
  readonly missedMessages: Message[] = [];

  missed(message: Message): void {
    this.missedMessages.push(message);
  }
}

/** Keeps what it is given; with a queue, it wants QoS 1 and 2 durably, as a session does. */
export class TestReceiver implements Receiver<TestQueue> {
  readonly id: string;
  readonly queue: TestQueue | undefined;
  mayRefuse = false;
  readonly delivered: { readonly message: Message; readonly delivery: Delivery }[] = [];

  constructor(id: string, queue?: TestQueue) {
    this.id = id;
    this.queue = queue;
  }

  queueFor(_message: Message, qos: QoS): TestQueue | undefined {
    return qos === 0 ? undefined : this.queue;
  }

  deliver(message: Message, delivery: Delivery): void {
    this.delivered.push({ message, delivery });
  }
}

export function subscriptionOf(
  receiver: Receiver<TestQueue>,
  topicFilter: string,
  over: Partial<Subscription<TestQueue>["options"]> = {},
): Subscription<TestQueue> {
  return {
    receiver,
    topicFilter: filter(topicFilter),
    options: { qos: 1, noLocal: false, retainAsPublished: false, subscriptionIdentifier: 0, ...over },
  };
}
