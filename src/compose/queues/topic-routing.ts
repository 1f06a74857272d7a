import type { TopicFilter } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type {
  CommitWaiter,
  LaneTarget,
  QueueReceiver,
  RouteSource,
  TopicRouting,
} from "../../queues/ports.ts";
import type { Publishing } from "../../routing/publishing.ts";
import type { Router, Subscription } from "../../routing/router.ts";
import type { DurableSession } from "../../state/durable-session.ts";
import type { Queue } from "../../state/queue.ts";

/** The routing core in the words of the queue engine: of the virtual host that sees MQTT topics. */
export class QueueTopicRouting implements TopicRouting<Queue> {
  readonly seesTopics = true;
  readonly #router: Router<Queue>;
  readonly #publishing: Publishing<Queue, DurableSession>;
  /** What the source finds: one object per queue, because the router remembers what follows from each. */
  readonly #found = new WeakMap<QueueReceiver<Queue>, Subscription<Queue>>();

  constructor(router: Router<Queue>, publishing: Publishing<Queue, DurableSession>) {
    this.#router = router;
    this.#publishing = publishing;
  }

  /** From now on `source` tells which queues see a topic through an exchange. */
  useSource(source: RouteSource<Queue>): void {
    const receivers: QueueReceiver<Queue>[] = [];
    this.#router.useSource({
      match: (topicName, matches) => {
        source.match(topicName, receivers);
        for (const receiver of receivers.splice(0)) matches.push(this.#foundFor(receiver));
      },
    });
  }

  #foundFor(receiver: QueueReceiver<Queue>): Subscription<Queue> {
    const known = this.#found.get(receiver);
    if (known !== undefined) return known;
    const subscription = subscriptionOf(receiver, "#"); // the bindings were asked: its filter is of no use
    this.#found.set(receiver, subscription);
    return subscription;
  }

  publish(
    targets: readonly LaneTarget<Queue>[],
    message: Message,
    isRouted: boolean,
    waiter: CommitWaiter,
    token: number,
    except?: ReadonlySet<QueueReceiver<Queue>>,
  ): number {
    return this.#publishing.publishTo(targets, message, isRouted, waiter, token, except);
  }

  refuses(message: Message): boolean {
    return this.#router.refusedBy(message) !== undefined;
  }

  bindingsChanged(): void {
    this.#router.sourceChanged();
  }

  subscribe(receiver: QueueReceiver<Queue>, topicFilter: string): void {
    this.#router.subscribe(subscriptionOf(receiver, topicFilter));
  }

  unsubscribe(receiver: QueueReceiver<Queue>, topicFilter: string): void {
    this.#router.unsubscribe(receiver, topicFilter as TopicFilter);
  }
}

/** Of the other virtual hosts: their exchanges `mqtt` and `amq.topic` see no topics. */
export class NoTopicRouting implements TopicRouting<Queue> {
  readonly seesTopics = false;
  readonly #publishing: Publishing<Queue, DurableSession>;

  constructor(publishing: Publishing<Queue, DurableSession>) {
    this.#publishing = publishing;
  }

  publish(
    targets: readonly LaneTarget<Queue>[],
    message: Message,
    _isRouted: boolean,
    waiter: CommitWaiter,
    token: number,
  ): number {
    return this.#publishing.publishTo(targets, message, false, waiter, token);
  }

  refuses(): boolean {
    return false;
  }

  bindingsChanged(): void {}

  subscribe(): void {}

  unsubscribe(): void {}
}

/** A queue takes messages once, whatever the QoS they come with, and shows RETAIN as it was published. */
const OPTIONS = { qos: 1, noLocal: false, retainAsPublished: true, subscriptionIdentifier: 0 } as const;

function subscriptionOf(receiver: QueueReceiver<Queue>, topicFilter: string): Subscription<Queue> {
  return { receiver, topicFilter: topicFilter as TopicFilter, options: OPTIONS };
}
