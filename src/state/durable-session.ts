import type { ClientId, TopicFilter } from "../base/ids.ts";
import { SmallMap } from "../base/small-map.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import type { Queue } from "./queue.ts";
import type { SessionRecord, WillRecord } from "./records.ts";

const NONE: ReadonlySet<number> = new Set();

/** A session that outlives its connection and the process: what the state machine knows of it. There may be a million. */
export class DurableSession {
  readonly slot: number;
  readonly clientId: ClientId;
  readonly user: string;
  readonly queue: Queue;
  expiryInterval: number;
  disconnectedAt: number;
  sentEnd: number;
  will: WillRecord | undefined;
  readonly subscriptions = new SmallMap<TopicFilter, SubscriptionOptions>();
  #received: Set<number> | undefined;

  constructor(record: SessionRecord, queue: Queue) {
    this.slot = record.slot;
    this.clientId = record.clientId;
    this.user = record.user;
    this.queue = queue;
    this.expiryInterval = record.expiryInterval;
    this.disconnectedAt = record.disconnectedAt;
    this.sentEnd = record.sentEnd;
    this.will = record.will;
  }

  /** Packet Identifiers of QoS 2 messages accepted and not yet released. */
  get received(): ReadonlySet<number> {
    return this.#received ?? NONE;
  }

  receive(packetId: number): void {
    this.#received ??= new Set();
    this.#received.add(packetId);
  }

  /** Returns whether it was there. */
  forget(packetId: number): boolean {
    return this.#received?.delete(packetId) === true;
  }

  record(): SessionRecord {
    return {
      slot: this.slot,
      clientId: this.clientId,
      user: this.user,
      queueId: this.queue.id,
      expiryInterval: this.expiryInterval,
      disconnectedAt: this.disconnectedAt,
      sentEnd: this.sentEnd,
      will: this.will,
    };
  }
}
