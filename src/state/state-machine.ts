import type { ClientId, TopicFilter } from "../base/ids.ts";
import { slotOf } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import { DurableSession } from "./durable-session.ts";
import type { Operation, PublishOperation, Target } from "./operations.ts";
import { entryFor, Queue, type QueueHooks } from "./queue.ts";
import { WINDOW_ENTRIES } from "./queue-window.ts";
import type {
  QueueRecord,
  ReceivedRecord,
  SessionRecord,
  SharedBody,
  SubscriptionRecord,
} from "./records.ts";
import type { StateStore } from "./store.ts";

/** What the rest of the broker is told while an operation is applied. Must not throw. */
export interface StateEffects {
  /** A session exists: just opened, or found in the store at start. */
  sessionOpened(session: DurableSession): void;
  /** A session and all it held is gone. */
  sessionDeleted(session: DurableSession): void;
  subscribed(session: DurableSession, topicFilter: TopicFilter, options: SubscriptionOptions): void;
  unsubscribed(session: DurableSession, topicFilter: TopicFilter): void;
  /** The topic's retained message; an empty payload clears it. */
  retained(message: Message): void;
  /** A named value was kept, found at start, or removed (undefined). */
  defined(name: string, value: Buffer | undefined): void;
  corrupt(what: string): void;
}

/** A smaller body is written inside each entry: a body of its own and its count cost more than the bytes. */
const SHARED_BODY_BYTES = 1024;
/** What storing a body once must save: for two receivers it pays from 4 KiB on, for five from 1 KiB. */
const SAVED_BYTES = 4096;

/**
 * All that must survive the process: sessions, queues, retained messages. Changes only in `apply`, in the order of
 * the journal, and writes each change into the store's open batch.
 */
export class StateMachine {
  readonly #store: StateStore;
  readonly #effects: StateEffects;
  readonly #maximumInflight: number;
  readonly #sessions = new Map<ClientId, DurableSession>();
  readonly #queues = new Map<string, Queue>();
  #dirty: Queue[] = [];
  #frozen: Queue[] = [];
  /** Queues of which a page could not be read. */
  #unread: Queue[] = [];
  #nextQueueId = 1;
  /** Called when a page of this queue could not be read: it is read again with the next commit, or by `readAgain`. */
  onReadFailed: ((queue: Queue) => void) | undefined;
  /** Called when the oldest entries of this queue have to be read and removed by a `displace`. */
  onCrowded: ((queue: Queue) => void) | undefined;
  readonly #hooks: QueueHooks = {
    readFailed: (queue) => {
      this.#unread.push(queue);
      this.onReadFailed?.(queue);
    },
    crowded: (queue) => this.onCrowded?.(queue),
    missing: ({ name }, entries) =>
      this.#effects.corrupt(`queue ${name}: ${entries} of its messages are not there`),
  };

  /** `maximumInflight`: how many entries may have been on their way to a client that was connected at a crash. */
  constructor(store: StateStore, effects: StateEffects, maximumInflight = 1024) {
    this.#store = store;
    this.#effects = effects;
    this.#maximumInflight = Math.min(maximumInflight, WINDOW_ENTRIES);
  }

  session(clientId: ClientId): DurableSession | undefined {
    return this.#sessions.get(clientId);
  }

  queue(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  sessions(): IterableIterator<DurableSession> {
    return this.#sessions.values();
  }

  queues(): IterableIterator<Queue> {
    return this.#queues.values();
  }

  /** Reads everything back but the queues' entries, which are read when somebody consumes them. */
  async load(): Promise<void> {
    const byId = new Map<number, Queue>();
    await this.#store.open({
      queue: (record) => this.#loadQueue(record, byId),
      session: (record) => this.#loadSession(record, byId),
      subscription: (record) => this.#loadSubscription(record),
      received: (record) => this.#loadReceived(record),
      usedQueueId: (id) => this.#useQueueId(id),
      retained: (message) => this.#effects.retained(message),
      definition: (name, value) => this.#effects.defined(name, value),
      corrupt: (what) => this.#effects.corrupt(what),
    });
  }

  #loadQueue(record: QueueRecord, byId: Map<number, Queue>): void {
    const queue = this.#newQueue(record);
    byId.set(record.id, queue);
    this.#useQueueId(record.id);
  }

  /** The id is never given again: entries under it may still be on disk. */
  #useQueueId(id: number): void {
    this.#nextQueueId = Math.max(this.#nextQueueId, id + 1);
  }

  #newQueue(record: QueueRecord): Queue {
    const queue = new Queue(record, this.#store, this.#hooks);
    this.#queues.set(record.name, queue);
    return queue;
  }

  #loadSession(record: SessionRecord, byId: ReadonlyMap<number, Queue>): void {
    const queue = byId.get(record.queueId) ?? this.#replaceQueue(record);
    const wasConnected = record.disconnectedAt === 0;
    queue.restoreSent(wasConnected ? queue.record().headSeq + this.#maximumInflight : record.sentEnd);
    const session = new DurableSession(record, queue);
    this.#sessions.set(record.clientId, session);
    this.#effects.sessionOpened(session);
  }

  /** The record of the session's queue was damaged: its messages are lost, the session goes on. */
  #replaceQueue(record: SessionRecord): Queue {
    this.#effects.corrupt(`session ${record.clientId}: its queue is missing`);
    this.#useQueueId(record.queueId);
    const queue = this.#declare(queueNameOf(record.clientId), record.disconnectedAt);
    this.#store.putSession({ ...record, queueId: queue.id });
    return queue;
  }

  /** What belongs to no session is removed, lest a later session of that name finds it. */
  #loadSubscription({ slot, clientId, topicFilter, options }: SubscriptionRecord): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) {
      this.#effects.corrupt(`subscription of ${clientId}: there is no such session`);
      this.#store.deleteSubscription(slot, clientId, topicFilter);
      return;
    }
    session.subscriptions.set(topicFilter, options);
    this.#effects.subscribed(session, topicFilter, options);
  }

  #loadReceived({ slot, clientId, packetId }: ReceivedRecord): void {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) session.receive(packetId);
    else this.#store.deleteReceived(slot, clientId, packetId);
  }

  /** True when something was changed that `freeze` has not closed. */
  get isDirty(): boolean {
    return this.#dirty.length > 0 || this.#store.isDirty;
  }

  apply(operation: Operation): void {
    switch (operation.type) {
      case "publish":
        this.#publish(operation);
        break;
      case "settle":
        operation.queue.settle(operation.seq);
        this.#touch(operation.queue);
        break;
      case "release":
        operation.queue.release(operation.seq);
        this.#touch(operation.queue);
        break;
      case "forget":
        this.#forget(operation.session, operation.packetId);
        break;
      case "open":
        this.#open(operation);
        break;
      case "close":
        this.#close(operation);
        break;
      case "discard":
        this.#discard(operation.clientId);
        break;
      case "subscribe":
        this.#subscribe(operation);
        break;
      case "unsubscribe":
        this.#unsubscribe(operation);
        break;
      case "declare":
        this.#declare(operation.name, operation.at);
        break;
      case "drop":
        this.#drop(operation.name);
        break;
      case "bury":
        this.#bury(operation);
        break;
      case "displace":
        if (operation.queue.isDropped) break;
        operation.queue.displace(operation.entries, operation.at);
        this.#touch(operation.queue);
        break;
      case "requeue":
        operation.queue.requeue(operation.seq, operation.deliveryCount);
        this.#touch(operation.queue);
        break;
      case "mark":
        operation.queue.mark(operation.sentEnd);
        this.#touch(operation.queue);
        break;
      case "define":
        this.#store.putDefinition(operation.name, operation.value);
        this.#effects.defined(operation.name, operation.value);
        break;
    }
  }

  /** Entries of the open batch whose acknowledgement would spare the disk both them and their delete. */
  get onTheirWay(): number {
    return this.#dirty.reduce((sum, queue) => sum + queue.onTheirWay, 0);
  }

  /** The open batch is about to be closed: writes the record of every queue it touched. Again when writing failed. */
  freeze(): void {
    const queues = this.#dirty;
    this.#dirty = [];
    this.#frozen = this.#frozen.concat(queues);
    for (const queue of queues) {
      this.#store.putQueue(queue.record());
      queue.frozen();
    }
  }

  /** What was closed by `freeze` is on disk. */
  committed(): void {
    const queues = this.#frozen;
    this.#frozen = [];
    for (const queue of queues) queue.committed();
    this.readAgain();
  }

  readAgain(): void {
    if (this.#unread.length === 0) return;
    for (const queue of this.#unread.splice(0)) queue.retry();
  }

  // hot: once per durable message
  #publish(operation: PublishOperation): void {
    const { message, targets, receivedFor, willOf } = operation;
    if (receivedFor !== undefined) this.#receive(receivedFor, operation.packetId);
    if (willOf !== undefined) this.#clearWill(willOf);
    const body = sharedBody(message, targets);
    for (const target of targets) this.#push(target, message, body);
    if (operation.retain) this.#retain(message);
  }

  #push(target: Target, message: Message, body: SharedBody | undefined): void {
    const { queue } = target;
    if (queue.isDropped) return;
    queue.push(entryFor(queue, message, target.delivery, body));
    this.#touch(queue);
  }

  #touch(queue: Queue): void {
    if (queue.isDirty || queue.isDropped) return;
    queue.isDirty = true;
    this.#dirty.push(queue);
  }

  /** An entry that is gone already is not buried again. */
  #bury({ from, seq, message, targets }: Extract<Operation, { type: "bury" }>): void {
    if (!from.settle(seq)) return;
    this.#touch(from);
    const body = sharedBody(message, targets);
    for (const target of targets) this.#push(target, message, body);
  }

  #receive(session: DurableSession, packetId: number): void {
    if (this.#sessions.get(session.clientId) !== session) return; // ended meanwhile
    session.receive(packetId);
    this.#store.putReceived(session.slot, session.clientId, packetId);
  }

  #forget(session: DurableSession, packetId: number): void {
    if (this.#sessions.get(session.clientId) !== session || !session.forget(packetId)) return;
    this.#store.deleteReceived(session.slot, session.clientId, packetId);
  }

  #retain(message: Message): void {
    if (message.payload.length === 0)
      this.#store.deleteRetained(message.topicName); // [MQTT-3.3.1-6]
    else this.#store.putRetained(message);
    this.#effects.retained(message);
  }

  #clearWill(session: DurableSession): void {
    session.will = undefined;
    if (this.#sessions.get(session.clientId) === session) this.#store.putSession(session.record());
  }

  #open(operation: Extract<Operation, { type: "open" }>): void {
    if (operation.cleanStart) this.#discard(operation.clientId); // [MQTT-3.1.2-4]
    const session = this.#sessions.get(operation.clientId) ?? this.#create(operation);
    session.expiryInterval = operation.expiryInterval;
    session.disconnectedAt = 0;
    session.will = operation.will;
    this.#store.putSession(session.record());
    this.#effects.sessionOpened(session);
  }

  #create(operation: Extract<Operation, { type: "open" }>): DurableSession {
    const { clientId, user, expiryInterval, will } = operation;
    this.#drop(queueNameOf(clientId)); // of a session whose record was damaged
    const queue = this.#declare(queueNameOf(clientId), operation.at);
    const record = {
      slot: slotOf(clientId),
      clientId,
      user,
      queueId: queue.id,
      expiryInterval,
      disconnectedAt: 0,
      sentEnd: 0,
      will,
    };
    const session = new DurableSession(record, queue);
    this.#sessions.set(clientId, session);
    return session;
  }

  #close(operation: Extract<Operation, { type: "close" }>): void {
    const session = this.#sessions.get(operation.clientId);
    if (session === undefined) return;
    session.expiryInterval = operation.expiryInterval;
    session.disconnectedAt = operation.at;
    session.sentEnd = operation.sentEnd;
    if (!operation.keepWill) session.will = undefined;
    this.#store.putSession(session.record());
  }

  #discard(clientId: ClientId): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    const { slot } = session;
    for (const topicFilter of session.subscriptions.keys()) {
      this.#store.deleteSubscription(slot, clientId, topicFilter);
    }
    for (const packetId of session.received) this.#store.deleteReceived(slot, clientId, packetId);
    this.#store.deleteSession(slot, clientId);
    this.#sessions.delete(clientId);
    this.#drop(session.queue.name);
    this.#effects.sessionDeleted(session);
  }

  #subscribe(operation: Extract<Operation, { type: "subscribe" }>): void {
    const session = this.#sessions.get(operation.clientId);
    if (session === undefined) return;
    session.subscriptions.set(operation.topicFilter, operation.options); // replaces [MQTT-3.8.4-3]
    this.#store.putSubscription(session.slot, session.clientId, operation.topicFilter, operation.options);
    this.#effects.subscribed(session, operation.topicFilter, operation.options);
  }

  #unsubscribe(operation: Extract<Operation, { type: "unsubscribe" }>): void {
    const session = this.#sessions.get(operation.clientId);
    if (!session?.subscriptions.delete(operation.topicFilter)) return;
    this.#store.deleteSubscription(session.slot, session.clientId, operation.topicFilter);
    this.#effects.unsubscribed(session, operation.topicFilter);
  }

  #declare(name: string, createdAt: number): Queue {
    const existing = this.#queues.get(name);
    if (existing !== undefined) return existing;
    const place = { slot: slotOf(name), id: this.#nextQueueId++ };
    const queue = this.#newQueue({
      ...place,
      name,
      createdAt,
      headSeq: 0,
      nextSeq: 0,
      count: 0,
      bytes: 0,
      sentEnd: 0,
    });
    this.#touch(queue);
    return queue;
  }

  #drop(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) return;
    queue.drop();
    this.#queues.delete(name);
    this.#dirty = this.#dirty.filter((other) => other !== queue);
    this.#store.deleteQueue(queue, queue.record().headSeq);
  }
}

function queueNameOf(clientId: ClientId): string {
  return `session/${clientId}`;
}

function sharedBody({ payload }: Message, targets: readonly Target[]): SharedBody | undefined {
  const first = targets[0];
  if (first === undefined || payload.length < SHARED_BODY_BYTES) return undefined;
  if ((targets.length - 1) * payload.length < SAVED_BYTES) return undefined;
  const { slot, id, nextSeq } = first.queue;
  return { slot, queueId: id, seq: nextSeq, references: 0, stored: false };
}
