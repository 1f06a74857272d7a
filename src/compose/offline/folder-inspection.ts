import { messageHeaders } from "../../amqp/mapping/message-headers.ts";
import type { Clock } from "../../base/clock.ts";
import type {
  BridgeRow,
  Inspection,
  Page,
  Query,
  QueueRow,
  RetainedRow,
  Rows,
  SessionRow,
  Subject,
  Summary,
  WorkQueueRow,
} from "../../base/inspection.ts";
import type { Message } from "../../base/message.ts";
import { DEFINITION_PREFIX, type Definition, decodeDefinition } from "../../queues/definitions.ts";
import type { QueueRecord, ReceivedRecord, SessionRecord, SubscriptionRecord } from "../../state/records.ts";
import type { StateLoader, StateStore } from "../../state/store.ts";
import { Lister, type Listing, type Listings } from "../inspection/lister.ts";
import { bridgeListing, queueListing } from "../inspection/listings.ts";
import { ageOf, oldestStored } from "../inspection/oldest.ts";
import { bridgeRows, expiresIn, retainedRow, SHOWN_FILTERS, willRow } from "../inspection/rows.ts";
import { storedWorkQueues } from "../inspection/work-queue-rows.ts";

interface FoundSession {
  readonly record: SessionRecord;
  readonly topicFilters: string[];
  subscriptions: number;
  unreleased: number;
}

const NO_QUEUE: Pick<QueueRecord, "slot" | "id" | "headSeq" | "nextSeq" | "count" | "bytes"> = {
  slot: 0,
  id: 0,
  headSeq: 0,
  nextSeq: 0,
  count: 0,
  bytes: 0,
};

/** Looks into a folder that no broker uses. In memory: sessions, queues, and a row for each retained message. */
export class FolderInspection implements Inspection, StateLoader {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #lister: Lister;
  readonly #listings: Listings;
  readonly #sessions = new Map<string, FoundSession>();
  readonly #queues = new Map<number, QueueRecord>();
  readonly #definitions: Definition[] = [];
  readonly #retained: RetainedRow[] = [];
  #retainedBytes = 0;
  #damaged = 0;

  private constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#lister = new Lister(clock);
    this.#listings = {
      sessions: this.#sessionListing(),
      queues: this.#queueListing(),
      "work-queues": this.#workQueueListing(),
      retained: this.#retainedListing(),
      bridges: this.#bridgeListing(),
    };
  }

  /** Opens the store; the caller closes it. */
  static async open(store: StateStore, clock: Clock): Promise<FolderInspection> {
    const inspection = new FolderInspection(store, clock);
    await store.open(inspection);
    return inspection;
  }

  queue(record: QueueRecord): void {
    this.#queues.set(record.id, record);
  }

  session(record: SessionRecord): void {
    this.#sessions.set(record.clientId, { record, topicFilters: [], subscriptions: 0, unreleased: 0 });
  }

  subscription({ clientId, topicFilter }: SubscriptionRecord): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) {
      this.corrupt();
      return;
    }
    session.subscriptions++;
    if (session.topicFilters.length < SHOWN_FILTERS) session.topicFilters.push(topicFilter);
  }

  received({ clientId }: ReceivedRecord): void {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) session.unreleased++;
  }

  retained(message: Message): void {
    const row = retainedRow(message, message.payload.length, this.#clock.now());
    this.#retained.push(row);
    this.#retainedBytes += row.bytes;
  }

  definition(name: string, value: Buffer): void {
    if (!name.startsWith(DEFINITION_PREFIX)) return;
    try {
      this.#definitions.push(decodeDefinition(value, messageHeaders));
    } catch {
      this.corrupt();
    }
  }

  usedQueueId(): void {}

  corrupt(): void {
    this.#damaged++;
  }

  async summary(): Promise<Summary> {
    const queues = { count: this.#queues.size, messages: 0, bytes: 0 };
    let largest: QueueRecord | undefined;
    for (const queue of this.#queues.values()) {
      queues.messages += queue.count;
      queues.bytes += queue.bytes;
      if (queue.count > (largest?.count ?? 0)) largest = queue;
    }
    let subscriptions = 0;
    for (const session of this.#sessions.values()) subscriptions += session.subscriptions;
    const total = this.#sessions.size;
    return {
      version: null,
      problems: this.#damaged === 0 ? [] : [`${this.#damaged} damaged records: run causeway doctor`],
      sessions: { total, connected: 0, durable: total },
      subscriptions,
      queues,
      largestQueue: largest?.name ?? null,
      retained: { count: this.#retained.length, messages: this.#retained.length, bytes: this.#retainedBytes },
      bridges: bridgeRows(this.#queues.values()).size,
    };
  }

  list<S extends Subject>(subject: S, query: Query): Promise<Page<Rows[S]> | "unknown cursor" | "busy"> {
    return this.#lister.list<unknown, Rows[S]>(this.#listings[subject], query);
  }

  #sessionListing(): Listing<FoundSession, SessionRow> {
    return {
      items: () => this.#sessions.values(),
      nameOf: ({ record }) => record.clientId,
      weightOf: (session, sort) => {
        const { bytes, count } = this.#queueOf(session);
        return sort === "bytes" ? bytes : count;
      },
      ageOf: (session) => this.#ageOf(this.#queueOf(session)),
      rowOf: (session) => this.#sessionRow(session),
    };
  }

  #queueListing(): Listing<QueueRecord, QueueRow> {
    return queueListing({
      items: () => this.#queues.values(),
      ageOf: (queue) => this.#ageOf(queue),
      consumersOf: () => null,
    });
  }

  #workQueueListing(): Listing<WorkQueueRow, WorkQueueRow> {
    return {
      items: () => storedWorkQueues(this.#definitions, this.#queues.values()).values(),
      nameOf: ({ name }) => name,
      weightOf: (row, sort) => (sort === "bytes" ? row.bytes : row.messages),
      ageOf: async () => null,
      rowOf: async (row) => row,
    };
  }

  #retainedListing(): Listing<RetainedRow, RetainedRow> {
    return {
      items: () => this.#retained.values(),
      nameOf: ({ topicName }) => topicName,
      weightOf: (row, sort) => (sort === "bytes" ? row.bytes : 1),
      ageOf: async (row) => row.ageMs,
      rowOf: async (row) => row,
    };
  }

  #bridgeListing(): Listing<BridgeRow, BridgeRow> {
    return bridgeListing(() => bridgeRows(this.#queues.values()).values());
  }

  async #sessionRow(session: FoundSession): Promise<SessionRow> {
    const { record, topicFilters, subscriptions, unreleased } = session;
    const queue = this.#queueOf(session);
    return {
      clientId: record.clientId,
      user: record.user,
      isConnected: false,
      isDurable: true,
      expiresInMs: expiresIn(record, this.#clock.now()),
      subscriptions,
      topicFilters,
      messages: queue.count,
      bytes: queue.bytes,
      oldestMs: await this.#ageOf(queue),
      unreleased,
      dropped: null,
      will: willRow(record.will),
    };
  }

  #queueOf({ record }: FoundSession): typeof NO_QUEUE {
    return this.#queues.get(record.queueId) ?? NO_QUEUE;
  }

  async #ageOf(queue: typeof NO_QUEUE): Promise<number | null> {
    return ageOf(await oldestStored(this.#store, queue), this.#clock.now());
  }
}
