import type { ClientId, TopicFilter, TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type { Delivery } from "../../base/queued-message.ts";
import type { SubscriptionOptions } from "../../base/subscription-options.ts";
import type { QueueRecord, SessionRecord, SharedBody } from "../../state/records.ts";

export interface MemoryEntry {
  readonly message: Message | undefined;
  readonly delivery: Delivery;
  /** Undefined once released. */
  readonly body: SharedBody | undefined;
  readonly deliveryCount: number;
}

interface MemoryQueue {
  /** By seq, in rising order. */
  readonly entries: Map<number, MemoryEntry>;
  lastSeq: number;
}

interface MemoryClient {
  readonly slot: number;
  session: SessionRecord | undefined;
  readonly subscriptions: Map<TopicFilter, SubscriptionOptions>;
  readonly received: Set<number>;
}

/** What a MemoryStore has committed. A second store on the same disk finds what a process killed here would find. */
export class MemoryDisk {
  readonly clients = new Map<ClientId, MemoryClient>();
  readonly retained = new Map<TopicName, Message>();
  readonly definitions = new Map<string, Buffer>();
  /** By `queueKey`. */
  readonly queues = new Map<number, QueueRecord>();
  /** By `queueKey`. */
  readonly entries = new Map<number, MemoryQueue>();

  client(slot: number, clientId: ClientId): MemoryClient {
    const known = this.clients.get(clientId);
    if (known !== undefined) return known;
    const client = { slot, session: undefined, subscriptions: new Map(), received: new Set<number>() };
    this.clients.set(clientId, client);
    return client;
  }

  /** Gives every shared body a new object that counts the entries found here, as reading a real disk would. */
  forgetBodies(): void {
    const renewed = new Map<SharedBody, SharedBody>();
    for (const { entries } of this.entries.values()) {
      for (const [seq, entry] of entries) {
        if (entry.body === undefined) continue;
        entries.set(seq, { ...entry, body: renew(entry.body, renewed) });
      }
    }
  }
}

function renew(body: SharedBody, renewed: Map<SharedBody, SharedBody>): SharedBody {
  let fresh = renewed.get(body);
  if (fresh === undefined) {
    fresh = { slot: body.slot, queueId: body.queueId, seq: body.seq, references: 0, stored: true };
    renewed.set(body, fresh);
  }
  fresh.references++;
  return fresh;
}
