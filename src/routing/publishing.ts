import type { Message } from "../base/message.ts";
import { own } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import type { Receiver, RoutableQueue, RoutedTarget, Router } from "./router.ts";

/** Told when what was handed over with `token` is durable. */
export interface Waiter {
  committed(token: number): void;
}

/** Everything one message changes durably: written in one atomic batch. `S` is a durable session in the state's words. */
export interface DurablePublish<Q, S> {
  readonly type: "publish";
  readonly message: Message;
  readonly targets: readonly RoutedTarget<Q>[];
  readonly retain: boolean;
  readonly receivedFor: S | undefined;
  readonly packetId: number;
  readonly willOf: S | undefined;
}

export interface PublishingPorts<Q, S> {
  append(publish: DurablePublish<Q, S>, waiter?: Waiter, token?: number): void;
}

/** What became of a message, as bits. */
export const Published = {
  /** Something durable is being written: the waiter will be told. */
  Pending: 1,
  /** Somebody matched. */
  Matched: 2,
} as const;

/** Takes messages in, hands them to those who need them at once, and the rest to the journal. */
export class Publishing<Q extends RoutableQueue, S> {
  readonly #router: Router<Q>;
  readonly #ports: PublishingPorts<Q, S>;

  constructor(router: Router<Q>, ports: PublishingPorts<Q, S>) {
    this.#router = router;
    this.#ports = ports;
  }

  /** hot: QoS 0, from read to output buffer without waiting for anything. Returns whether the journal got it too. */
  publishQoS0(message: Message): boolean {
    const { targets } = this.#router.route(message);
    if (targets.length === 0 && !message.retain) return false;
    this.#append(message, targets, undefined, 0, undefined);
    return true;
  }

  /**
   * QoS 1 and 2. Without `Published.Pending` in the result the message is owned already and may be acknowledged;
   * else `waiter` is told when every durable copy is on disk. `receivedFor` stores the QoS 2 identity with it.
   */
  publish(
    message: Message,
    receivedFor: S | undefined,
    packetId: number,
    waiter: Waiter,
    token: number,
  ): number {
    const { matched, targets } = this.#router.route(message);
    const isMatched = matched > 0 ? Published.Matched : 0;
    if (targets.length === 0 && !message.retain && receivedFor === undefined) return isMatched;
    this.#append(message, targets, receivedFor, packetId, undefined, waiter, token);
    return isMatched | Published.Pending;
  }

  /**
   * From another protocol: `targets` are queues that its own exchanges found; with `isRouted` the receivers of the
   * message's topic get it as well, each queue once and none in `except`. Returns bits of `Published`, as `publish`.
   */
  publishTo(
    targets: readonly RoutedTarget<Q>[],
    message: Message,
    isRouted: boolean,
    waiter: Waiter,
    token: number,
    except?: ReadonlySet<Receiver<Q>>,
  ): number {
    const routed = isRouted ? this.#router.route(message, except) : undefined;
    const all = routed === undefined ? targets : union(targets, routed.targets);
    const isMatched = targets.length > 0 || (routed?.matched ?? 0) > 0 ? Published.Matched : 0;
    const retain = isRouted && message.retain;
    if (all.length === 0 && !retain) return isMatched;
    this.#ports.append(
      {
        type: "publish",
        message,
        targets: all,
        retain,
        receivedFor: undefined,
        packetId: 0,
        willOf: undefined,
      },
      waiter,
      token,
    );
    return isMatched | Published.Pending;
  }

  /** A will: published once, because it leaves the session in the same write. */
  publishWill(message: Message, willOf: S | undefined): void {
    const { targets } = this.#router.route(message);
    if (targets.length === 0 && !message.retain && willOf === undefined) return;
    this.#append(message, targets, undefined, 0, willOf);
  }

  /** The broker's own figures: QoS 0, with RETAIN for those who want to see it, but retained by who publishes them. */
  announce(message: Message): void {
    const { targets } = this.#router.route(message);
    if (targets.length > 0) this.#append({ ...message, retain: false }, targets, undefined, 0, undefined);
  }

  /** One message for one receiver: a retained message for a new subscription. */
  deliverTo(receiver: Receiver<Q>, message: Message, delivery: Delivery): void {
    const queue = receiver.queueFor(message, delivery.qos);
    if (queue === undefined) receiver.deliver(message, delivery);
    else if (queue.isFull) queue.missed(message);
    else {
      const targets = [{ queue, delivery }];
      const publish = {
        type: "publish" as const,
        message,
        targets,
        retain: false,
        receivedFor: undefined,
        packetId: 0,
        willOf: undefined,
      };
      this.#ports.append(publish);
    }
  }

  #append(
    message: Message,
    targets: readonly RoutedTarget<Q>[],
    receivedFor: S | undefined,
    packetId: number,
    willOf: S | undefined,
    waiter?: Waiter,
    token?: number,
  ): void {
    const { retain } = message;
    own(message);
    this.#ports.append(
      { type: "publish", message, targets, retain, receivedFor, packetId, willOf },
      waiter,
      token,
    );
  }
}

function union<Q>(
  some: readonly RoutedTarget<Q>[],
  others: readonly RoutedTarget<Q>[],
): readonly RoutedTarget<Q>[] {
  if (some.length === 0) return others;
  if (others.length === 0) return some;
  const known = new Set(some.map(({ queue }) => queue));
  return [...some, ...others.filter(({ queue }) => !known.has(queue))];
}
