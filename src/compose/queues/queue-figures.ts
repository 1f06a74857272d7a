import type { HostFigures, LargestQueue, WorkQueueFigures } from "../../metrics/sources.ts";
import type { QueueDropReason } from "../../queues/queue-counters.ts";
import type { WorkQueue } from "../../queues/work-queue.ts";
import type { Queue } from "../../state/queue.ts";
import { TopRows } from "../inspection/top-rows.ts";
import type { QueueHosts } from "./queue-hosts.ts";
import { QueueTally } from "./queue-tally.ts";

/** Queues looked at in one turn: so many are looked at as soon as somebody asks. */
const LOOKED_AT_ONCE = 500;

interface HostSums {
  readonly virtualHost: string;
  readonly exchanges: number;
  readonly bindings: number;
  readonly queues: number;
  readonly tally: QueueTally;
  ready: number;
  unacknowledged: number;
  bytes: number;
  consumers: number;
  unread: number;
}

/**
 * Sums up the queues of all virtual hosts. With many queues that takes some turns: the answer is the one found before.
 * What only ever grows never goes back, though queues may be deleted between two turns.
 */
export class QueueFigures {
  readonly #hosts: () => QueueHosts;
  readonly #largest: number;
  #figures: WorkQueueFigures = { hosts: [], largest: [], memoryBytes: 0, leftOut: 0 };
  #isLooking = false;

  /** `largest`: how many queues are told one by one. */
  constructor(hosts: () => QueueHosts, largest: number) {
    this.#hosts = hosts;
    this.#largest = largest;
  }

  read(): WorkQueueFigures {
    if (!this.#isLooking) this.#look(this.#walk());
    const { memoryBytes, leftOutCount: leftOut } = this.#hosts();
    return { ...this.#figures, memoryBytes, leftOut };
  }

  #look(walk: Iterator<undefined, WorkQueueFigures>): void {
    for (let i = 0; i < LOOKED_AT_ONCE; i++) {
      const { done, value } = walk.next();
      if (done !== true) continue;
      this.#figures = value;
      this.#isLooking = false;
      return;
    }
    this.#isLooking = true;
    setImmediate(() => this.#look(walk));
  }

  /** Stops at every queue. */
  *#walk(): Generator<undefined, WorkQueueFigures> {
    const top = new TopRows<LargestQueue>(this.#largest);
    const hosts: HostSums[] = [];
    for (const host of this.#hosts().all()) {
      const { name, exchangeCount, bindingCount, queueCount } = host;
      const sums = sumsOf(name, exchangeCount, bindingCount, queueCount);
      sums.tally.add(this.#hosts().goneOf(name));
      for (const queue of host.queues()) {
        this.#add(sums, queue as WorkQueue<Queue>, top);
        yield;
      }
      hosts.push(sums);
    }
    const known = hosts.map((sums) => this.#notBack(sums));
    return { hosts: known, largest: top.inOrder(), memoryBytes: 0, leftOut: 0 };
  }

  #add(sums: HostSums, queue: WorkQueue<Queue>, top: TopRows<LargestQueue>): void {
    const { messageCount: ready, unacknowledged, messageBytes: bytes, consumerCount: consumers } = queue;
    sums.ready += ready;
    sums.unacknowledged += unacknowledged;
    sums.bytes += bytes;
    sums.consumers += consumers;
    if (queue.unreadSince !== undefined) sums.unread++;
    sums.tally.add(queue);
    if (this.#largest === 0 || ready + unacknowledged === 0) return;
    const row = { virtualHost: sums.virtualHost, queue: queue.name, ready, unacknowledged, bytes, consumers };
    top.add(row, ready + unacknowledged);
  }

  #notBack({ tally, ...sums }: HostSums): HostFigures {
    const before = this.#figures.hosts.find(({ virtualHost }) => virtualHost === sums.virtualHost);
    const { counters, published } = tally;
    return {
      ...sums,
      published: Math.max(published, before?.published ?? 0),
      delivered: Math.max(counters.delivered, before?.delivered ?? 0),
      redelivered: Math.max(counters.redelivered, before?.redelivered ?? 0),
      acknowledged: Math.max(counters.acknowledged, before?.acknowledged ?? 0),
      requeued: Math.max(counters.requeued, before?.requeued ?? 0),
      expired: Math.max(counters.expired, before?.expired ?? 0),
      deadLettered: Math.max(counters.deadLettered, before?.deadLettered ?? 0),
      purged: Math.max(counters.purged, before?.purged ?? 0),
      refused: Math.max(counters.refused, before?.refused ?? 0),
      timedOut: Math.max(counters.timedOut, before?.timedOut ?? 0),
      dropped: largerOf(counters.dropped, before?.dropped),
    };
  }
}

function sumsOf(virtualHost: string, exchanges: number, bindings: number, queues: number): HostSums {
  const zero = { ready: 0, unacknowledged: 0, bytes: 0, consumers: 0, unread: 0 };
  return { virtualHost, exchanges, bindings, queues, tally: new QueueTally(), ...zero };
}

function largerOf(
  now: ReadonlyMap<QueueDropReason, number>,
  before: ReadonlyMap<QueueDropReason, number> = new Map(),
): Map<QueueDropReason, number> {
  const larger = new Map(before);
  for (const [reason, count] of now) larger.set(reason, Math.max(count, larger.get(reason) ?? 0));
  return larger;
}
