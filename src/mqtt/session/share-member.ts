import type { ClientId } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type { Delivery } from "../../base/queued-message.ts";
import type { SubscriptionOptions } from "../../base/subscription-options.ts";
import type { GroupMember, SharedDelivery } from "../ports.ts";
import type { Outbound } from "./outbound.ts";

/** What a member needs of its session. */
export interface MemberSession {
  readonly id: ClientId;
  /** Made for a connection: asked for only while `isAttached`. */
  readonly outbound: Outbound;
  /** Whether a connection carries the session, past its CONNACK. */
  readonly isAttached: boolean;
  readonly link: { sendQoS0(message: Message, delivery: Delivery): void } | undefined;
  mayReceive(message: Message): boolean;
}

/** A session's part in one shared subscription (MQTT 5 §4.8.2), as the group sees it. */
export class ShareMember implements GroupMember {
  readonly #session: MemberSession;
  readonly #options: SubscriptionOptions;
  readonly #identifiers: readonly number[];

  constructor(session: MemberSession, options: SubscriptionOptions) {
    this.#session = session;
    this.#options = options;
    const { subscriptionIdentifier } = options;
    this.#identifiers = subscriptionIdentifier === 0 ? [] : [subscriptionIdentifier];
  }

  get clientId(): ClientId {
    return this.#session.id;
  }

  get isConnected(): boolean {
    return this.#session.isAttached;
  }

  get isReady(): boolean {
    return this.#session.isAttached && this.#session.outbound.hasSharedRoom;
  }

  mayReceive(message: Message): boolean {
    return this.#session.mayReceive(message);
  }

  deliver(message: Message, delivery: Delivery): void {
    this.#session.link?.sendQoS0(message, this.#deliveryOf(delivery));
  }

  take(shared: SharedDelivery): void {
    const { message, delivery } = shared.queued;
    if (message === undefined) return;
    if (this.#options.qos > 0) {
      this.#session.outbound.sendShared(message, this.#deliveryOf(delivery), shared);
      return;
    }
    this.deliver(message, delivery);
    shared.settled();
  }

  #deliveryOf({ retain }: Delivery): Delivery {
    const { qos, retainAsPublished } = this.#options;
    return { qos, retain: retain && retainAsPublished, subscriptionIdentifiers: this.#identifiers };
  }
}
