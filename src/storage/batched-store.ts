import type { ClientId, TopicFilter, TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import type { QueueEntry, QueueRecord, QueueRef, SessionRecord } from "../state/records.ts";
import { OpenBatch } from "./open-batch.ts";

/** The writing half of the StateStore port, the same for every adapter: it only fills the open batch. */
export abstract class BatchedStore {
  protected batch = new OpenBatch();

  putSession(session: SessionRecord): void {
    this.batch.changeSession(session.clientId, { slot: session.slot, session });
  }

  deleteSession(slot: number, clientId: ClientId): void {
    this.batch.changeSession(clientId, { slot, session: undefined });
  }

  putSubscription(
    slot: number,
    clientId: ClientId,
    topicFilter: TopicFilter,
    options: SubscriptionOptions,
  ): void {
    this.batch.changeSubscription({ slot, clientId, topicFilter, options });
  }

  deleteSubscription(slot: number, clientId: ClientId, topicFilter: TopicFilter): void {
    this.batch.changeSubscription({ slot, clientId, topicFilter, options: undefined });
  }

  putReceived(slot: number, clientId: ClientId, packetId: number): void {
    this.batch.changeReceived({ slot, clientId, packetId, present: true });
  }

  deleteReceived(slot: number, clientId: ClientId, packetId: number): void {
    this.batch.changeReceived({ slot, clientId, packetId, present: false });
  }

  putRetained(message: Message): void {
    this.batch.changeRetained(message.topicName, message);
  }

  deleteRetained(topicName: TopicName): void {
    this.batch.changeRetained(topicName, undefined);
  }

  putDefinition(name: string, value: Buffer | undefined): void {
    this.batch.changeDefinition(name, value);
  }

  putQueue(queue: QueueRecord): void {
    this.batch.putQueue(queue);
  }

  deleteQueue(queue: QueueRef, headSeq = 0): void {
    this.batch.deleteQueue(queue, headSeq);
  }

  putEntry(queue: QueueRef, entry: QueueEntry): void {
    this.batch.putEntry(queue, entry);
  }

  appendEntry(queue: QueueRef, entry: QueueEntry): void {
    this.putEntry(queue, entry);
  }

  deleteEntry(queue: QueueRef, entry: QueueEntry): void {
    this.batch.deleteEntry(queue, entry);
  }

  recountEntry(queue: QueueRef, entry: QueueEntry): void {
    this.batch.recountEntry(queue, entry);
  }

  releaseEntry(queue: QueueRef, entry: QueueEntry): void {
    this.batch.releaseEntry(queue, entry);
  }

  get openBytes(): number {
    return this.batch.bytes;
  }

  get isDirty(): boolean {
    return !this.batch.isEmpty;
  }
}
