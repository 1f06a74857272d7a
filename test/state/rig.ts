import type { TopicFilter, TopicName } from "../../src/base/ids.ts";
import { toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import { QoS } from "../../src/base/qos.ts";
import type { SubscriptionOptions } from "../../src/base/subscription-options.ts";
import type { DurableSession } from "../../src/state/durable-session.ts";
import type { Operation, PublishOperation } from "../../src/state/operations.ts";
import type { Queue, QueueConsumer } from "../../src/state/queue.ts";
import type { QueueEntry } from "../../src/state/records.ts";
import { type StateEffects, StateMachine } from "../../src/state/state-machine.ts";
import type { CommitResult, StateStore } from "../../src/state/store.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { aMessage } from "../storage/samples.ts";

/** Remembers what it was told. */
export class SeenEffects implements StateEffects {
  readonly opened: DurableSession[] = [];
  readonly deleted: DurableSession[] = [];
  readonly corruptions: string[] = [];
  readonly definitions = new Map<string, Buffer | undefined>();
  readonly retainedMessages = new Map<TopicName, string>();

  sessionOpened(session: DurableSession): void {
    this.opened.push(session);
  }
  sessionDeleted(session: DurableSession): void {
    this.deleted.push(session);
  }
  subscribed(): void {}
  unsubscribed(): void {}
  retained(message: Message): void {
    this.retainedMessages.set(message.topicName, message.payload.toString());
  }
  defined(name: string, value: Buffer | undefined): void {
    this.definitions.set(name, value);
  }
  corrupt(what: string): void {
    this.corruptions.push(what);
  }
}

/** A state machine on a store of its own, committed by hand: `commit` is what a journal does. */
export class Rig<S extends StateStore = MemoryStore> {
  readonly store: S;
  readonly effects = new SeenEffects();
  readonly machine: StateMachine;

  constructor(store: S) {
    this.store = store;
    this.machine = new StateMachine(store, this.effects);
  }

  apply(...operations: readonly Operation[]): void {
    for (const operation of operations) this.machine.apply(operation);
  }

  async commit(): Promise<CommitResult> {
    this.machine.freeze();
    const result = await this.store.commit();
    this.machine.committed();
    return result;
  }

  declare(name: string): Queue {
    this.machine.apply({ type: "declare", name, at: 1 });
    return this.queue(name);
  }

  queue(name: string): Queue {
    const queue = this.machine.queue(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}`);
    return queue;
  }

  session(clientId: string): DurableSession {
    const session = this.machine.session(toClientId(clientId));
    if (session === undefined) throw new Error(`there is no session ${clientId}`);
    return session;
  }

  /** Puts one message into each queue. */
  send(text: string, qos: QoS, ...queues: readonly Queue[]): void {
    this.machine.apply(publishTo(text, qos, queues));
  }
}

/** A rig on what `disk` holds: what a process killed there would find when it starts again. */
export async function openRig(disk: MemoryDisk = new MemoryDisk()): Promise<Rig> {
  const rig = new Rig(new MemoryStore(disk));
  await rig.machine.load();
  return rig;
}

export function publishTo(
  text: string,
  qos: QoS,
  queues: readonly Queue[],
  over: Partial<PublishOperation> = {},
): PublishOperation {
  const delivery = { qos, retain: false, subscriptionIdentifiers: [] };
  return {
    type: "publish",
    message: aMessage({ payload: Buffer.from(text), qos }),
    targets: queues.map((queue) => ({ queue, delivery })),
    retain: false,
    receivedFor: undefined,
    packetId: 0,
    willOf: undefined,
    ...over,
  };
}

export function opening(
  clientId: string,
  over: Partial<Extract<Operation, { type: "open" }>> = {},
): Operation {
  return {
    type: "open",
    clientId: toClientId(clientId),
    user: "",
    cleanStart: false,
    expiryInterval: 60,
    will: undefined,
    at: 1_000,
    ...over,
  };
}

export function subscribing(clientId: string, topicFilter: string): Operation {
  const options: SubscriptionOptions = {
    qos: QoS.AtLeastOnce,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
  };
  return {
    type: "subscribe",
    clientId: toClientId(clientId),
    topicFilter: topicFilter as TopicFilter,
    options,
  };
}

/** A consumer that takes what is ready, at once or when told to, and keeps it. */
export class Taker implements QueueConsumer {
  readonly committedOnly: boolean;
  readonly taken: QueueEntry[] = [];
  readonly queue: Queue;
  /** At most so many taken entries are left unsettled, as with Receive Maximum. */
  limit: number;
  timesReady = 0;

  constructor(queue: Queue, { committedOnly = false, limit = Number.POSITIVE_INFINITY } = {}) {
    this.queue = queue;
    this.committedOnly = committedOnly;
    this.limit = limit;
    queue.attach(this);
  }

  ready(): void {
    this.timesReady++;
    while (this.taken.length < this.limit) {
      const entry = this.queue.take();
      if (entry === undefined) return;
      this.taken.push(entry);
    }
  }

  get texts(): string[] {
    return this.taken.map(textOf);
  }

  get seqs(): number[] {
    return this.taken.map(({ seq }) => seq);
  }
}

export function textOf(entry: QueueEntry): string {
  return entry.message?.payload.toString() ?? "released";
}

/** Lets pages that are being read arrive. */
export function pagesArrive(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What the machine holds and what is on the disk say the same of every queue. */
export function inconsistencies({ queues, entries }: MemoryDisk): string[] {
  const found: string[] = [];
  for (const key of entries.keys()) if (!queues.has(key)) found.push(`entries of ${key} without a record`);
  for (const [key, record] of queues) {
    const stored = [...(entries.get(key)?.entries ?? [])];
    const bytes = stored.reduce((sum, [, { message }]) => sum + (message?.payload.length ?? 0) + 64, 0);
    const seqs = stored.map(([seq]) => seq);
    if (record.count !== stored.length)
      found.push(`${record.name}: count ${record.count}, but ${stored.length}`);
    if (record.bytes !== bytes) found.push(`${record.name}: ${record.bytes} bytes, but ${bytes}`);
    if (record.nextSeq <= Math.max(-1, ...seqs)) found.push(`${record.name}: nextSeq is too low`);
    if (record.headSeq > Math.min(record.nextSeq, ...seqs)) found.push(`${record.name}: headSeq is too high`);
  }
  return found;
}
