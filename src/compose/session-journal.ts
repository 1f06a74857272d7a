import type { Clock } from "../base/clock.ts";
import type { ClientId, TopicFilter } from "../base/ids.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import type { CommitWaiter, SessionJournal, StoredSession, Will } from "../mqtt/ports.ts";
import type { DurableSession } from "../state/durable-session.ts";
import type { Journal } from "../state/journal.ts";

/** The durable changes mqtt asks for, as operations of the journal. */
export class JournalledSessions implements SessionJournal {
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  get isBehind(): boolean {
    return this.#journal.isBehind;
  }

  whenCaughtUp(task: () => void): void {
    this.#journal.whenCaughtUp(task);
  }

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
  ): void {
    const { clientId, user, cleanStart, expiryInterval, will } = request;
    const at = this.#clock.now();
    this.#journal.append(
      { type: "open", clientId, user, cleanStart, expiryInterval, will, at },
      waiter,
      token,
    );
  }

  close(session: StoredSession, expiryInterval: number, keepWill: boolean): void {
    const { clientId, queue } = session;
    const at = this.#clock.now();
    this.#journal.append({ type: "close", clientId, expiryInterval, keepWill, sentEnd: queue.sentEnd, at });
  }

  discard(clientId: ClientId, waiter?: CommitWaiter, token?: number): void {
    this.#journal.append({ type: "discard", clientId }, waiter, token);
  }

  subscribe(
    { clientId }: StoredSession,
    topicFilter: TopicFilter,
    options: SubscriptionOptions,
    waiter: CommitWaiter,
    token: number,
  ): void {
    this.#journal.append({ type: "subscribe", clientId, topicFilter, options }, waiter, token);
  }

  unsubscribe(
    { clientId }: StoredSession,
    topicFilter: TopicFilter,
    waiter: CommitWaiter,
    token: number,
  ): void {
    this.#journal.append({ type: "unsubscribe", clientId, topicFilter }, waiter, token);
  }

  settle(session: StoredSession, seq: number): void {
    this.#journal.append({ type: "settle", queue: durable(session).queue, seq });
  }

  release(session: StoredSession, seq: number, waiter: CommitWaiter, token: number): void {
    this.#journal.append({ type: "release", queue: durable(session).queue, seq }, waiter, token);
  }

  forget(session: StoredSession, packetId: number, waiter: CommitWaiter, token: number): void {
    this.#journal.append({ type: "forget", session: durable(session), packetId }, waiter, token);
  }
}

/** mqtt sees a durable session through a narrower interface; what it hands back is always one of ours. */
export function durable(session: StoredSession): DurableSession {
  return session as DurableSession;
}
