/** What should be in one queue: the text of each unsettled message by seq, undefined once released. */
export interface QueueModel {
  nextSeq: number;
  readonly messages: Map<number, string | undefined>;
}

/** What should be there of a session beside its queue. */
export interface SessionModel {
  readonly subscriptions: Set<string>;
  readonly received: Set<number>;
}

/** What a state machine should hold: plain data, copied when a batch is closed. */
export class World {
  readonly queues = new Map<string, QueueModel>();
  readonly sessions = new Map<string, SessionModel>();

  copy(): World {
    const copy = new World();
    for (const [name, { nextSeq, messages }] of this.queues) {
      copy.queues.set(name, { nextSeq, messages: new Map(messages) });
    }
    for (const [clientId, { subscriptions, received }] of this.sessions) {
      copy.sessions.set(clientId, {
        subscriptions: new Set(subscriptions),
        received: new Set(received),
      });
    }
    return copy;
  }

  queue(name: string): QueueModel {
    const queue = this.queues.get(name);
    if (queue === undefined) throw new Error(`the model has no queue ${name}`);
    return queue;
  }

  open(clientId: string, isClean: boolean): void {
    if (isClean) this.discard(clientId);
    if (this.sessions.has(clientId)) return;
    this.sessions.set(clientId, { subscriptions: new Set(), received: new Set() });
    this.queues.set(`session/${clientId}`, { nextSeq: 0, messages: new Map() });
  }

  discard(clientId: string): void {
    this.sessions.delete(clientId);
    this.queues.delete(`session/${clientId}`);
  }

  push(name: string, text: string): void {
    const queue = this.queue(name);
    queue.messages.set(queue.nextSeq++, text);
  }
}

/** What the messages count for, by the queue's own rule. */
export function bytesOf({ messages }: QueueModel): number {
  let bytes = 0;
  for (const text of messages.values()) bytes += 64 + (text?.length ?? 0);
  return bytes;
}
