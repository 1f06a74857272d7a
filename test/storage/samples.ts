import { type ClientId, slotOf, type TopicFilter, type TopicName, toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import { QoS } from "../../src/base/qos.ts";
import type {
  QueueEntry,
  QueueRecord,
  QueueRef,
  ReceivedRecord,
  SessionRecord,
  SharedBody,
  SubscriptionRecord,
} from "../../src/state/records.ts";
import { EntryState } from "../../src/state/records.ts";
import type { StateLoader } from "../../src/state/store.ts";

export function aMessage(over: Partial<Omit<Message, "topicName">> & { topicName?: string } = {}): Message {
  return {
    payload: Buffer.from("21.5"),
    qos: QoS.AtLeastOnce,
    retain: false,
    properties: undefined,
    publisherId: toClientId("sensor"),
    receivedAt: 1_700_000_000_000,
    expiresAt: 0,
    envelope: undefined,
    ...over,
    topicName: (over.topicName ?? "plant/1/temp") as TopicName,
  };
}

export function aSession(clientId: string, over: Partial<SessionRecord> = {}): SessionRecord {
  return {
    slot: slotOf(clientId),
    clientId: toClientId(clientId),
    user: "",
    queueId: 1,
    expiryInterval: 60,
    disconnectedAt: 0,
    sentEnd: 0,
    will: undefined,
    ...over,
  };
}

export function aQueue(over: Partial<QueueRecord> = {}): QueueRecord {
  return {
    slot: 3,
    id: 1,
    name: "session/a",
    createdAt: 1,
    headSeq: 1,
    nextSeq: 1,
    count: 0,
    bytes: 0,
    sentEnd: 0,
    ...over,
  };
}

export function anEntry(seq: number, over: Partial<QueueEntry> = {}): QueueEntry {
  return {
    seq,
    message: aMessage({ payload: Buffer.from(`payload ${seq}`) }),
    delivery: { qos: QoS.AtLeastOnce, retain: false, subscriptionIdentifiers: [] },
    body: undefined,
    deliveryCount: 0,
    stored: EntryState.New,
    ...over,
  };
}

export function aBody(queue: QueueRef, seq: number): SharedBody {
  return { slot: queue.slot, queueId: queue.id, seq, references: 0, stored: false };
}

export const clientIdOf = (text: string): ClientId => toClientId(text);
export const filterOf = (text: string): TopicFilter => text as TopicFilter;
export const topicOf = (text: string): TopicName => text as TopicName;

/** Keeps all that a store loads, in the order it came. */
export class Loaded implements StateLoader {
  readonly queues: QueueRecord[] = [];
  readonly sessions: SessionRecord[] = [];
  readonly subscriptions: SubscriptionRecord[] = [];
  readonly receivedIds: ReceivedRecord[] = [];
  readonly retainedMessages: Message[] = [];
  readonly definitions = new Map<string, Buffer>();
  readonly usedQueueIds: number[] = [];
  readonly corruptions: string[] = [];
  readonly order: string[] = [];

  queue(record: QueueRecord): void {
    this.queues.push(record);
    this.order.push("queue");
  }
  session(record: SessionRecord): void {
    this.sessions.push(record);
    this.order.push("session");
  }
  subscription(record: SubscriptionRecord): void {
    this.subscriptions.push(record);
    this.order.push("subscription");
  }
  received(record: ReceivedRecord): void {
    this.receivedIds.push(record);
    this.order.push("received");
  }
  retained(message: Message): void {
    this.retainedMessages.push(message);
    this.order.push("retained");
  }
  definition(name: string, value: Buffer): void {
    this.definitions.set(name, value);
  }
  usedQueueId(id: number): void {
    this.usedQueueIds.push(id);
  }
  corrupt(what: string): void {
    this.corruptions.push(what);
  }
}
