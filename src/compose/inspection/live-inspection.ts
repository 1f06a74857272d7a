import type { BridgeStatus } from "../../../bridges/runner.ts";
import type { Clock } from "../../base/clock.ts";
import type { TopicFilter } from "../../base/ids.ts";
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
import type { MqttServer } from "../../mqtt/connection/mqtt-server.ts";
import type { Session } from "../../mqtt/session/session.ts";
import type { VirtualHost } from "../../queues/virtual-host.ts";
import { type KeptMessage, payloadBytesOf } from "../../routing/kept-message.ts";
import type { RetainedIndex } from "../../routing/retained-index.ts";
import type { Queue } from "../../state/queue.ts";
import type { StateMachine } from "../../state/state-machine.ts";
import type { StateStore } from "../../state/store.ts";
import type { RunningBridge } from "../bridges.ts";
import { durable } from "../session-journal.ts";
import { forEachInSlices, Lister, type Listing, type Listings } from "./lister.ts";
import { bridgeListing, queueListing } from "./listings.ts";
import { ageOf, oldestStored } from "./oldest.ts";
import { expiresIn, retainedRow, SHOWN_FILTERS, willRow } from "./rows.ts";
import { type HostedWorkQueue, workQueueRow, workQueuesOf } from "./work-queue-rows.ts";

export interface LivePorts {
  readonly version: string;
  readonly clock: Clock;
  readonly machine: StateMachine;
  readonly store: Pick<StateStore, "readEntries">;
  readonly retained: RetainedIndex;
  readonly bridges: readonly RunningBridge[];
  hosts(): Iterable<VirtualHost<Queue>>;
  mqtt(): MqttServer;
  subscriptionCount(): number;
  health(): readonly string[];
}

/** Retained messages restored in one turn of the event loop. */
const RETAINED_SLICE = 128;

/** Looks into the broker that runs, a slice of a turn at a time. */
export class LiveInspection implements Inspection {
  readonly #ports: LivePorts;
  readonly #lister: Lister;
  readonly #listings: Listings;

  constructor(ports: LivePorts) {
    this.#ports = ports;
    this.#lister = new Lister(ports.clock);
    this.#listings = {
      sessions: this.#sessions(),
      queues: this.#queues(),
      "work-queues": this.#workQueues(),
      retained: this.#retained(),
      bridges: this.#bridges(),
    };
  }

  async summary(): Promise<Summary> {
    const { version, machine, retained, bridges } = this.#ports;
    const { sessions } = this.#ports.mqtt();
    const queues = { count: 0, messages: 0, bytes: 0 };
    let largest: Queue | undefined;
    await forEachInSlices(machine.queues(), (queue) => {
      queues.count++;
      queues.messages += queue.count;
      queues.bytes += queue.bytes;
      if (queue.count > (largest?.count ?? 0)) largest = queue;
    });
    let durableCount = 0;
    await forEachInSlices(machine.sessions(), () => durableCount++);
    return {
      version,
      problems: this.#ports.health(),
      sessions: { total: sessions.count, connected: sessions.onlineCount, durable: durableCount },
      subscriptions: this.#ports.subscriptionCount(),
      queues,
      largestQueue: largest?.name ?? null,
      retained: { count: retained.size, messages: retained.size, bytes: retained.bytes },
      bridges: bridges.length,
    };
  }

  list<S extends Subject>(subject: S, query: Query): Promise<Page<Rows[S]> | "unknown cursor" | "busy"> {
    return this.#lister.list<unknown, Rows[S]>(this.#listings[subject], query);
  }

  #sessions(): Listing<Session, SessionRow> {
    return {
      items: () => this.#ports.mqtt().sessions.sessions(),
      nameOf: (session) => session.id,
      weightOf: (session, sort) => (sort === "bytes" ? session.queuedBytes : session.queuedMessages),
      ageOf: (session) => this.#ageOfSession(session),
      rowOf: (session) => this.#sessionRow(session),
    };
  }

  #queues(): Listing<Queue, QueueRow> {
    return queueListing({
      items: () => this.#ports.machine.queues(),
      ageOf: (queue) => this.#ageOfQueue(queue),
      consumersOf: ({ isConsumed }) => (isConsumed ? 1 : 0),
    });
  }

  #workQueues(): Listing<HostedWorkQueue, WorkQueueRow> {
    const now = (): number => this.#ports.clock.now();
    return {
      items: () => workQueuesOf(this.#ports.hosts()),
      nameOf: ({ queue }) => queue.name,
      weightOf: ({ queue }, sort) => (sort === "bytes" ? queue.messageBytes : queue.messageCount),
      ageOf: (item) => this.#ageOfWorkQueue(item),
      rowOf: async (item) => workQueueRow(item, await this.#ageOfWorkQueue(item), now()),
    };
  }

  #retained(): Listing<KeptMessage, RetainedRow> {
    const { clock, retained } = this.#ports;
    return {
      items: (filter) => retainedItems(retained, filter),
      nameOf: (kept) => kept.topicName,
      weightOf: (kept, sort) => (sort === "bytes" ? payloadBytesOf(kept) : 1),
      ageOf: async (kept) => ageOf(kept.receivedAt, clock.now()),
      rowOf: async (kept) => retainedRow(kept, payloadBytesOf(kept), clock.now()),
    };
  }

  #bridges(): Listing<BridgeRow, BridgeRow> {
    const { machine, bridges } = this.#ports;
    return bridgeListing(() => bridges.map((bridge) => bridgeRow(bridge.status(), machine)).values());
  }

  async #sessionRow(session: Session): Promise<SessionRow> {
    const { stored } = session;
    const isConnected = session.link !== undefined;
    return {
      clientId: session.id,
      user: session.user,
      isConnected,
      isDurable: stored !== undefined,
      expiresInMs: stored === undefined ? null : expiresIn(durable(stored), this.#ports.clock.now()),
      subscriptions: session.subscriptions.size,
      topicFilters: firstFilters(session),
      messages: session.queuedMessages,
      bytes: session.queuedBytes,
      oldestMs: await this.#ageOfSession(session),
      unreleased: session.receivedCount,
      dropped: Object.fromEntries(session.dropped ?? []),
      will: willRow(session.will),
    };
  }

  async #ageOfSession({ stored }: Session): Promise<number | null> {
    return stored === undefined ? null : this.#ageOfQueue(durable(stored).queue);
  }

  /** Of the oldest message in any of its lanes; null for a queue in memory. */
  async #ageOfWorkQueue({ queue }: HostedWorkQueue): Promise<number | null> {
    const ages = await Promise.all(queue.durableLanes.map((lane) => this.#ageOfQueue(lane)));
    const known = ages.filter((age) => age !== null);
    return known.length === 0 ? null : Math.max(...known);
  }

  /** A queue that is consumed has its first entry in memory; nobody takes from any other while its head is read. */
  async #ageOfQueue(queue: Queue): Promise<number | null> {
    const { clock, store } = this.#ports;
    if (queue.count === 0) return null;
    if (queue.isConsumed) return ageOf(queue.firstHeld?.message?.receivedAt, clock.now());
    try {
      return ageOf(await oldestStored(store, queue.record()), clock.now());
    } catch {
      return null; // a store that cannot be read reports that itself
    }
  }
}

/** A walk that begins as far down the tree as the filter says. Topics of `$` are only in a filter that names them. */
function* retainedItems(retained: RetainedIndex, filter: string): Generator<KeptMessage | undefined> {
  const below = filter.slice(0, filter.lastIndexOf("/") + 1);
  const cursor = retained.listing(`${/[+#]/.test(below) ? "" : below}#` as TopicFilter);
  while (!cursor.isDone) {
    for (const { kept } of cursor.next(RETAINED_SLICE)) yield kept;
    yield undefined;
  }
}

function firstFilters({ subscriptions }: Pick<Session, "subscriptions">): string[] {
  const filters: string[] = [];
  for (const topicFilter of subscriptions.keys()) {
    if (filters.push(topicFilter) === SHOWN_FILTERS) break;
  }
  return filters;
}

function bridgeRow(status: BridgeStatus, machine: StateMachine): BridgeRow {
  const { name, state, queued, queuedBytes, lagMs, delivered, deadLettered, dropped, lastError } = status;
  return {
    name,
    state,
    messages: queued,
    bytes: queuedBytes,
    deadLetters: machine.queue(`bridge/${name}/dead`)?.count ?? 0,
    lagMs,
    delivered,
    deadLettered,
    dropped: { ...dropped },
    lastError: lastError ?? null,
  };
}
