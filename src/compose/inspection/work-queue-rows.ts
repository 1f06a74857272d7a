import type { WorkQueueRow } from "../../base/inspection.ts";
import type { Definition, StoredQueue } from "../../queues/definitions.ts";
import { type QueueArguments, readQueueArguments } from "../../queues/queue-arguments.ts";
import type { VirtualHost } from "../../queues/virtual-host.ts";
import type { WorkQueue } from "../../queues/work-queue.ts";
import type { Queue } from "../../state/queue.ts";
import { ageOf } from "./oldest.ts";

/** A queue and the virtual host it is in. */
export interface HostedWorkQueue {
  readonly host: VirtualHost<Queue>;
  readonly queue: WorkQueue<Queue>;
}

/** Consumers and bindings shown of one queue. */
const SHOWN = 20;

export function* workQueuesOf(hosts: Iterable<VirtualHost<Queue>>): Generator<HostedWorkQueue> {
  for (const host of hosts) {
    for (const queue of host.queues()) yield { host, queue: queue as WorkQueue<Queue> };
  }
}

export function workQueueRow(
  { host, queue }: HostedWorkQueue,
  oldestMs: number | null,
  now: number,
): WorkQueueRow {
  const { name, durable, exclusive, autoDelete, ...settings } = queue.settings;
  const { dropped, ...counted } = queue.counters;
  const bindings = host.bindingsOf(queue);
  return {
    ...{ name, virtualHost: host.name, durable, exclusive, autoDelete, settings: given(settings) },
    messages: queue.messageCount,
    bytes: queue.messageBytes,
    oldestMs,
    unacknowledged: queue.unacknowledged,
    unreadMs: ageOf(queue.unreadSince, now),
    consumerCount: queue.consumerCount,
    consumers: queue.consumers(SHOWN).map(({ heldSince, ...consumer }) => ({
      ...consumer,
      heldMs: ageOf(heldSince, now),
    })),
    bindingCount: bindings.length,
    bindings: bindings.slice(0, SHOWN),
    counters: { published: queue.published, ...counted },
    dropped: Object.fromEntries(dropped),
  };
}

/** What was asked for, without what was not. */
export function given(settings: QueueArguments): WorkQueueRow["settings"] {
  const entries = Object.entries(settings).filter(
    ([, value]) => value !== undefined && value !== false && value !== 0,
  );
  return Object.fromEntries(entries);
}

interface StoredLane {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** The queues of a folder that no broker uses, from their definitions and what their lanes hold. */
export function storedWorkQueues(
  definitions: readonly Definition[],
  lanes: Iterable<StoredLane>,
): WorkQueueRow[] {
  const held = new Map<string, { messages: number; bytes: number }>();
  for (const { name, count, bytes } of lanes) {
    const place = name.slice(0, name.lastIndexOf("/"));
    const sum = held.get(place) ?? { messages: 0, bytes: 0 };
    held.set(place, { messages: sum.messages + count, bytes: sum.bytes + bytes });
  }
  const bindings = bindingsByQueue(definitions);
  return definitions.flatMap((definition) => {
    if (definition.kind !== "queue") return [];
    const place = `queue/${definition.host}/${definition.name}`;
    return [storedRow(definition, held.get(place), bindings.get(place) ?? [])];
  });
}

function bindingsByQueue(
  definitions: readonly Definition[],
): Map<string, WorkQueueRow["bindings"][number][]> {
  const bindings = new Map<string, WorkQueueRow["bindings"][number][]>();
  for (const definition of definitions) {
    if (definition.kind !== "binding" || definition.destinationKind !== "queue") continue;
    const { host, destination, source, routingKey } = definition;
    const place = `queue/${host}/${destination}`;
    bindings.set(place, [...(bindings.get(place) ?? []), { exchange: source, routingKey }]);
  }
  return bindings;
}

function storedRow(
  definition: StoredQueue,
  { messages, bytes } = { messages: 0, bytes: 0 },
  bindings: WorkQueueRow["bindings"],
): WorkQueueRow {
  const { name, host: virtualHost, autoDelete } = definition;
  const shape = { name, durable: true, exclusive: false, autoDelete, arguments: definition.arguments };
  return {
    ...{ name, virtualHost, durable: true, exclusive: false, autoDelete },
    settings: given(readQueueArguments(shape, virtualHost)),
    ...{ messages, bytes, oldestMs: null, unacknowledged: null, unreadMs: null },
    ...{ consumerCount: null, consumers: [], counters: null, dropped: null },
    bindingCount: bindings.length,
    bindings: bindings.slice(0, SHOWN),
  };
}
