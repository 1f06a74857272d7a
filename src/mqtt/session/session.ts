import type { DropReason } from "../../base/counters.ts";
import type { ClientId, TopicFilter } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type { QoS } from "../../base/qos.ts";
import type { Delivery } from "../../base/queued-message.ts";
import { parseShared } from "../../base/shared-filter.ts";
import { SmallMap } from "../../base/small-map.ts";
import type { SubscriptionOptions } from "../../base/subscription-options.ts";
import type {
  CommitWaiter,
  DeliverySource,
  Group,
  GroupKey,
  GroupMember,
  MqttPorts,
  StoredQueue,
  StoredSession,
  Subscriptions,
  Will,
} from "../ports.ts";
import { Outbound, type OutboundLink } from "./outbound.ts";
import { ShareMember } from "./share-member.ts";
import { type TransientLimits, TransientQueue } from "./transient-queue.ts";

/** The connection that carries a session. */
export interface SessionLink extends OutboundLink {
  /** Of two links for one client id the one with the higher turn gets the session; 0 = closed. */
  readonly turn: number;
  /** hot: QoS 0, or nothing when the client is too slow. */
  sendQoS0(message: Message, delivery: Delivery): void;
  /** Another connection took the session over: close with 0x8E [MQTT-3.1.4-3]. */
  takenOver(): void;
}

interface Share {
  readonly key: GroupKey;
  readonly member: GroupMember;
  readonly group: Group;
}

/** What sessions may hold. */
export interface SessionLimits extends TransientLimits {
  /** A full queue of a durable session has messages for it refused. */
  readonly mayRefuse: boolean;
}

/**
 * What outlives a connection: subscriptions, unacknowledged messages, will. A durable session is a view of what the
 * state machine keeps; any other lives here and ends with its connection. The router sees it as a receiver. A session
 * without a connection holds as little as it can: there may be a million.
 */
export class Session implements CommitWaiter {
  readonly mayRefuse: boolean;
  readonly id: ClientId;
  readonly user: string;
  readonly stored: StoredSession | undefined;
  /** For a session that is not durable; a durable one has its will in `stored`. */
  transientWill: Will | undefined;
  readonly #ports: MqttPorts;
  readonly #transient: TransientQueue | undefined;
  /** Of a session that is not durable; a durable one has them in `stored`. */
  readonly #transientSubscriptions: SmallMap<TopicFilter, SubscriptionOptions> | undefined;
  #shares: Map<TopicFilter, Share> | undefined;
  #transientReceived: Set<number> | undefined;
  #outbound: Outbound | undefined;
  #link: SessionLink | undefined;

  constructor(
    identity: { readonly clientId: ClientId; readonly user: string },
    stored: StoredSession | undefined,
    ports: MqttPorts,
    limits: SessionLimits,
  ) {
    this.id = identity.clientId;
    this.user = identity.user;
    this.stored = stored;
    this.mayRefuse = limits.mayRefuse && stored !== undefined;
    this.#ports = ports;
    this.#transientSubscriptions = stored === undefined ? new SmallMap() : undefined;
    this.#transient = stored === undefined ? new TransientQueue(`transient/${this.id}`, limits) : undefined;
  }

  /** The sending half: made for a connection, and again for the next one. */
  get outbound(): Outbound {
    this.#outbound ??= this.#createOutbound();
    return this.#outbound;
  }

  get link(): SessionLink | undefined {
    return this.#link;
  }

  get isAttached(): boolean {
    return this.#outbound?.isAttached === true;
  }

  get will(): Will | undefined {
    return this.stored === undefined ? this.transientWill : this.stored.will;
  }

  get subscriptions(): Subscriptions {
    return this.#transientSubscriptions ?? (this.stored as StoredSession).subscriptions;
  }

  /** Messages that wait or are unacknowledged. */
  get queuedMessages(): number {
    return this.stored?.queue.count ?? this.#source.count + (this.#outbound?.inflightCount ?? 0);
  }

  get queuedBytes(): number {
    return this.#source.bytes;
  }

  /** Messages it went without since the process began, by reason; undefined = none. */
  get dropped(): ReadonlyMap<DropReason, number> | undefined {
    return this.#source.dropped;
  }

  get #source(): DeliverySource {
    return this.#transient ?? (this.stored as StoredSession).queue;
  }

  /** Packet Identifiers of QoS 2 messages accepted from the client and not yet released. */
  hasReceived(packetId: number): boolean {
    return (this.stored?.received ?? this.#transientReceived)?.has(packetId) === true;
  }

  get receivedCount(): number {
    return (this.stored?.received ?? this.#transientReceived)?.size ?? 0;
  }

  /** For a session that is not durable; a durable one learns it from the journal. */
  rememberReceived(packetId: number): void {
    if (this.stored !== undefined) return;
    this.#transientReceived ??= new Set();
    this.#transientReceived.add(packetId);
  }

  /** PUBREL. Returns true when `waiter` will be told that the change is durable; false: it need not be. */
  forgetReceived(packetId: number, waiter: CommitWaiter, token: number): boolean {
    if (this.stored === undefined) {
      this.#transientReceived?.delete(packetId);
      return false;
    }
    this.#ports.journal.forget(this.stored, packetId, waiter, token);
    return true;
  }

  attach(link: SessionLink): void {
    this.#link = link;
  }

  /** CONNACK is out: deliver what waits, at most `limit` messages unacknowledged. */
  resume(link: SessionLink, limit: number): void {
    this.outbound.attach(link, limit);
  }

  detach(): void {
    this.#link = undefined;
    this.#outbound?.detach();
    this.#outbound = undefined; // all it knew comes again from the queue
    this.#tellGroups();
  }

  /** What the journal has of a durable session is routed from now on; of any other this is all there is. */
  addRoute(topicFilter: TopicFilter, options: SubscriptionOptions): void {
    this.#transientSubscriptions?.set(topicFilter, options);
    const shared = parseShared(topicFilter);
    if (shared !== undefined) this.#join(topicFilter, shared, options);
    else this.#ports.routing.addRoute({ receiver: this, topicFilter, options });
  }

  removeRoute(topicFilter: TopicFilter): void {
    this.#transientSubscriptions?.delete(topicFilter);
    const share = this.#shares?.get(topicFilter);
    if (share === undefined) {
      this.#ports.routing.removeRoute(this, topicFilter);
      return;
    }
    this.#shares?.delete(topicFilter);
    this.#ports.routing.leaveGroup(share.key, share.member);
  }

  removeRoutes(): void {
    for (const topicFilter of [...this.subscriptions.keys()]) this.removeRoute(topicFilter);
  }

  // hot: as the router's receiver; without a queue `deliver` counts what the client may not receive
  queueFor(message: Message, qos: QoS): StoredQueue | undefined {
    if (qos === 0 || this.stored === undefined || !this.mayReceive(message)) return undefined;
    return this.stored.queue;
  }

  // hot: QoS 0, or any QoS of a session that is not durable
  deliver(message: Message, delivery: Delivery): void {
    if (!this.mayReceive(message)) {
      this.#ports.counters.drop("not_authorized");
      return;
    }
    if (delivery.qos === 0) {
      if (this.#link === undefined) this.#ports.counters.drop("receiver_offline");
      else this.#link.sendQoS0(message, delivery);
      return;
    }
    this.#deliverTransient(message, delivery);
  }

  /** A PUBREC of ours is durable. */
  committed(packetId: number): void {
    this.#outbound?.released(packetId);
  }

  #deliverTransient(message: Message, delivery: Delivery): void {
    const queue = this.#transient as TransientQueue;
    if (this.outbound.isIdle && this.outbound.sendNow(message, delivery, queue.nextSeq())) return;
    queue.push(message, delivery);
  }

  /** Whether the rules let this client have the message. */
  mayReceive(message: Message): boolean {
    const { authorization } = this.#ports;
    if (!authorization.hasRules) return true;
    return authorization.mayReceive({ clientId: this.id, user: this.user }, message.topicName);
  }

  /** Subscribing again joins before it leaves: a group without members would give up what waits for it. */
  #join(topicFilter: TopicFilter, key: GroupKey, options: SubscriptionOptions): void {
    this.#shares ??= new Map();
    const before = this.#shares.get(topicFilter);
    const member = new ShareMember(this, options);
    const group = this.#ports.routing.joinGroup(key, member, this.stored !== undefined);
    this.#shares.set(topicFilter, { key, member, group });
    if (before !== undefined) this.#ports.routing.leaveGroup(before.key, before.member);
  }

  #tellGroups(): void {
    if (this.#shares === undefined) return;
    for (const { group } of this.#shares.values()) group.memberChanged();
  }

  #createOutbound(): Outbound {
    const { clock, counters } = this.#ports;
    const source = this.#source;
    return new Outbound(source, {
      now: () => clock.now(),
      settle: (seq) => this.#settle(seq),
      release: (seq, packetId) => this.#release(seq, packetId),
      dropped: (reason) => {
        counters.drop(reason);
        source.countDropped(reason);
      },
      mayReceive: (message) => this.mayReceive(message),
      hasRoom: () => this.#tellGroups(),
    });
  }

  #settle(seq: number): void {
    if (this.stored !== undefined) this.#ports.journal.settle(this.stored, seq);
  }

  #release(seq: number, packetId: number): void {
    if (this.stored === undefined) this.outbound.released(packetId);
    else this.#ports.journal.release(this.stored, seq, this, packetId);
  }
}
