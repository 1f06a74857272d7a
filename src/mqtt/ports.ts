import type { Clock } from "../base/clock.ts";
import type { Counters, DropReason } from "../base/counters.ts";
import type { Entrance } from "../base/entrance.ts";
import type { ClientId, TopicFilter, TopicName } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";
import type { Message } from "../base/message.ts";
import type { QoS } from "../base/qos.ts";
import type { QueueBudget } from "../base/queue-budget.ts";
import type { Delivery, QueuedMessage } from "../base/queued-message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";

/** Told when a durable change is as durable as configured. */
export interface CommitWaiter {
  committed(token: number): void;
}

/** Who takes messages out of a source. */
export interface SourceConsumer {
  readonly committedOnly: boolean;
  ready(): void;
}

/** A queue that went without a message, and how many of them by now. */
export interface LosingQueue {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
  readonly dropped: ReadonlyMap<DropReason, number> | undefined;
}

/** Where the messages for a session wait: a durable queue, or one in memory. */
export interface DeliverySource {
  readonly count: number;
  readonly bytes: number;
  /** Entries below this seq went out before: they carry DUP when they go out again. */
  readonly sentEnd: number;
  attach(consumer: SourceConsumer): void;
  detach(): void;
  take(): QueuedMessage | undefined;
  /** What it went without since the process began; undefined = nothing. */
  readonly dropped: ReadonlyMap<DropReason, number> | undefined;
  /** A message was taken out and could not be delivered. */
  countDropped(reason: DropReason): void;
}

/** A durable queue as mqtt sees it: opaque but for reading. */
export interface StoredQueue extends DeliverySource {
  readonly isFull: boolean;
  readonly whenFull: FullQueue["whenFull"];
  missed(message: Message): void;
  /** Runs `task` once when there is room; returns how to cancel that. */
  whenRoom(task: () => void): () => void;
}

export interface Will {
  readonly message: Message;
  /** Seconds. */
  readonly delayInterval: number;
}

/** By topic filter, shared subscriptions included. */
export interface Subscriptions extends Iterable<readonly [TopicFilter, SubscriptionOptions]> {
  readonly size: number;
  has(topicFilter: TopicFilter): boolean;
  get(topicFilter: TopicFilter): SubscriptionOptions | undefined;
  keys(): Iterable<TopicFilter>;
}

/** A session that outlives its connection, as the state machine keeps it; read here, changed only by the journal. */
export interface StoredSession {
  readonly clientId: ClientId;
  readonly user: string;
  readonly queue: StoredQueue;
  /** Seconds; 0xffffffff = never expires. */
  readonly expiryInterval: number;
  /** Milliseconds since the epoch; 0 = connected. */
  readonly disconnectedAt: number;
  readonly will: Will | undefined;
  readonly subscriptions: Subscriptions;
  /** Packet Identifiers of QoS 2 messages accepted and not yet released. */
  readonly received: ReadonlySet<number>;
}

/** The durable changes mqtt asks for. `waiter.committed(token)` runs when they are durable. */
export interface SessionJournal {
  open(
    request: {
      readonly clientId: ClientId;
      readonly user: string;
      readonly cleanStart: boolean;
      readonly expiryInterval: number;
      readonly will: Will | undefined;
    },
    waiter: CommitWaiter,
    token: number,
  ): void;
  close(session: StoredSession, expiryInterval: number, keepWill: boolean): void;
  discard(clientId: ClientId, waiter?: CommitWaiter, token?: number): void;
  subscribe(
    session: StoredSession,
    topicFilter: TopicFilter,
    options: SubscriptionOptions,
    waiter: CommitWaiter,
    token: number,
  ): void;
  unsubscribe(session: StoredSession, topicFilter: TopicFilter, waiter: CommitWaiter, token: number): void;
  /** The client acknowledged: the entry leaves its queue. */
  settle(session: StoredSession, seq: number): void;
  /** PUBREC came: PUBREL may leave when this is durable. */
  release(session: StoredSession, seq: number, waiter: CommitWaiter, token: number): void;
  /** PUBREL came: the Packet Identifier may be used again when this is durable. */
  forget(session: StoredSession, packetId: number, waiter: CommitWaiter, token: number): void;
  readonly isBehind: boolean;
  whenCaughtUp(task: () => void): void;
}

/** A receiver of messages as the router knows it; sessions satisfy it. */
export interface MessageReceiver {
  readonly mayRefuse: boolean;
  readonly id: string;
  queueFor(message: Message, qos: QoS): StoredQueue | undefined;
  deliver(message: Message, delivery: Delivery): void;
}

/** One claim of a session on messages. */
export interface Route {
  readonly receiver: MessageReceiver;
  readonly topicFilter: TopicFilter;
  readonly options: SubscriptionOptions;
}

/** A message of a shared subscription in the hands of one member: one of the two is called, once. */
export interface SharedDelivery {
  readonly queued: QueuedMessage;
  settled(): void;
  /** The member went without acknowledging: another member gets it. */
  returned(): void;
}

/** A member of a shared subscription, as its group sees it. */
export interface GroupMember {
  readonly clientId: ClientId;
  readonly isConnected: boolean;
  /** Whether it can take one more message of QoS 1 now. */
  readonly isReady: boolean;
  mayReceive(message: Message): boolean;
  /** QoS 0. */
  deliver(message: Message, delivery: Delivery): void;
  /** QoS 1. */
  take(shared: SharedDelivery): void;
}

/** `$share/{shareName}/{topicFilter}` (MQTT 5 §4.8.2), or the AMQP-style queue of that name. */
export interface GroupKey {
  readonly shareName: string;
  readonly topicFilter: TopicFilter;
  readonly queueName: string | undefined;
}

/** The group a member belongs to. */
export interface Group {
  /** A member came or went, or can take more again. */
  memberChanged(): void;
}

/** Walks the retained messages that match a filter, a slice at a time. */
export interface RetainedWalk {
  /** Up to `limit` messages; perhaps none although more will come. */
  next(limit: number): readonly Message[];
  readonly isDone: boolean;
  /** Set while messages are being read: `next` has more when it resolves; when it rejects, `next` reads them again. */
  readonly loading: Promise<void> | undefined;
}

/** A queue without room. */
export interface FullQueue {
  readonly whenFull: "block" | "reject" | "rejectElseDrop" | "dropNewest" | "dropOldest";
  /** Runs `task` once when there is room; returns how to cancel that. */
  whenRoom(task: () => void): () => void;
}

/** The routing core, in mqtt's words. */
export interface Routing {
  /** Replaces the receiver's route by the same filter. */
  addRoute(route: Route): void;
  removeRoute(receiver: MessageReceiver, topicFilter: TopicFilter): void;
  /** `isDurable`: what waits for the group must outlive the process. */
  joinGroup(key: GroupKey, member: GroupMember, isDurable: boolean): Group;
  leaveGroup(key: GroupKey, member: GroupMember): void;
  /** Whether there is an AMQP-style queue of that name, for `$queue/{name}`. */
  hasQueue(name: string): boolean;
  /** QoS 0: nothing to wait for. Returns whether the journal got it too: it may be behind. */
  publishQoS0(message: Message): boolean;
  /** Bits of `Published`: 1 = pending, the waiter will be told; 2 = somebody matched. */
  publish(
    message: Message,
    receivedFor: StoredSession | undefined,
    packetId: number,
    waiter: CommitWaiter,
    token: number,
  ): number;
  publishWill(message: Message, willOf: StoredSession | undefined): void;
  deliverTo(receiver: MessageReceiver, message: Message, delivery: Delivery): void;
  /**
   * A full queue that does not want to go without the message: it waits for room, or is refused. `canBeTold`: the
   * publisher's protocol has a word for a refusal.
   */
  refusedBy(message: Message, canBeTold: boolean): FullQueue | undefined;
  retained(topicFilter: TopicFilter): RetainedWalk;
}

/** What an authenticator decided. */
export type AuthResult =
  | { readonly accepted: true; readonly user: string }
  | { readonly accepted: false; readonly reason: "badUserNameOrPassword" | "notAuthorized" };

export interface Credentials {
  readonly clientId: ClientId;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly isLoopback: boolean;
  /** Who the client is by its verified certificate; it stands for user name and password. */
  readonly certificateUser?: string | undefined;
}

/** What a method of enhanced authentication says to the client's last words (MQTT 5 §4.12). */
export type AuthStep =
  | { readonly kind: "continue"; readonly data: Buffer }
  | { readonly kind: "accepted"; readonly user: string; readonly data: Buffer }
  /** `detail` is told to the client. */
  | {
      readonly kind: "refused";
      readonly reason: "badUserNameOrPassword" | "notAuthorized";
      readonly detail: string;
    };

/** How a conversation ended. */
export type AuthOutcome = Exclude<AuthStep, { readonly kind: "continue" }>;

/** One conversation of a method with one client; over when a step does not continue. */
export interface AuthExchange {
  next(data: Buffer | undefined): AuthStep | Promise<AuthStep>;
}

/** Who somebody is: what rules are asked about. */
export interface Identity {
  readonly clientId: ClientId;
  readonly user: string;
}

export interface Authorization {
  authenticate(credentials: Credentials): AuthResult | Promise<AuthResult>;
  /** Begins a conversation; undefined: the method is not offered. */
  exchange(method: string): AuthExchange | undefined;
  mayPublish(identity: Identity, topicName: TopicName): boolean;
  maySubscribe(identity: Identity, topicFilter: TopicFilter): boolean;
  mayReceive(identity: Identity, topicName: TopicName): boolean;
  /** False: no rules are configured and `mayReceive` need not be asked. */
  readonly hasRules: boolean;
}

/** All that mqtt needs of the broker, gathered for compose. */
export interface MqttPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly journal: SessionJournal;
  readonly routing: Routing;
  readonly authorization: Authorization;
  readonly entrance: Entrance;
  /** For assigned client ids. */
  randomId(): string;
  /** What sessions that end with their connections may hold together, in memory. */
  readonly transientBudget: QueueBudget;
  /** The queue of such a session lost a message for want of room: to be counted. */
  queueLost(reason: DropReason, queue: LosingQueue): void;
}

/** `limits:` of the configuration, but for those of the entrance. */
export interface LimitOptions {
  readonly unauthenticatedPacketSize: number;
  /** Per second and client; 0 = no limit. */
  readonly messageRate: number;
  readonly whenMessageRateExceeded: "slow" | "disconnect";
  readonly maximumFiltersPerPacket: number;
  readonly maximumUnreleasedMessages: number;
}

/** `mqtt:`, `sessions:` and `limits:` of the configuration. */
export interface MqttOptions {
  readonly maximumPacketSize: number;
  readonly receiveMaximum: number;
  readonly maximumInflight: number;
  readonly topicAliasMaximum: number;
  readonly outgoingTopicAliases: number;
  readonly checkPayloadFormat: boolean;
  /** null = not sent. */
  readonly responseInformation: string | null;
  readonly serverReference: string | null;
  readonly maximumQoS: QoS;
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  readonly maximumKeepAlive: number;
  readonly sessionExpiryMaximum: number;
  readonly connectTimeout: number;
  readonly maximumTopicLevels: number;
  readonly maximumSubscriptionsPerClient: number;
  readonly maximumQueuedMessages: number;
  readonly maximumQueuedBytes: number;
  /** Of a full queue of a session. */
  readonly whenFull: "reject" | "dropNewest" | "dropOldest";
  /** What an acknowledgement waits for, as MQTT 5 clients are told in CONNACK. */
  readonly durability: "disk" | "os" | "memory";
  readonly limits: LimitOptions;
}

/** What may differ from listener to listener. */
export interface ListenerRules {
  /** `warn`: a client that exceeds the Receive Maximum is counted and reported, not disconnected. */
  readonly strict: "enforce" | "warn";
}
