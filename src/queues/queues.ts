import { Refusal } from "../base/refusal.ts";
import type { StoredQueue } from "./definitions.ts";
import { refuseOtherArguments, refuseOtherValue } from "./equivalence.ts";
import type { HostJournal } from "./host-journal.ts";
import type { HostedQueue, QueueSettings } from "./hosted-queue.ts";
import { described, notFound, refuseReserved, refuseWithoutRoom } from "./names.ts";
import type { DefinitionLimits } from "./ports.ts";
import { DEFINING_QUEUE_ARGUMENTS, readQueueArguments } from "./queue-arguments.ts";
import type { QueueDeclaration, QueueOwner } from "./requests.ts";

export interface QueuesPorts<L> {
  readonly host: string;
  readonly journal: HostJournal<L>;
  readonly limits: DefinitionLimits;
  /** `isNew`: false for one that was there before the process. */
  createQueue(settings: QueueSettings, isNew: boolean): HostedQueue<L>;
  /** Its bindings are to go with it. */
  removed(queue: HostedQueue<L>): void;
}

interface Held<L> {
  readonly queue: HostedQueue<L>;
  readonly declaration: QueueDeclaration;
  /** Of an exclusive queue. */
  readonly owner: QueueOwner | undefined;
}

/** The queues of one virtual host. */
export class Queues<L> {
  readonly #ports: QueuesPorts<L>;
  readonly #byName = new Map<string, Held<L>>();
  /** The exclusive ones. */
  readonly #byOwner = new Map<QueueOwner, Set<Held<L>>>();

  constructor(ports: QueuesPorts<L>) {
    this.#ports = ports;
  }

  get count(): number {
    return this.#byName.size;
  }

  *all(): IterableIterator<HostedQueue<L>> {
    for (const { queue } of this.#byName.values()) yield queue;
  }

  find(name: string): HostedQueue<L> | undefined {
    return this.#byName.get(name)?.queue;
  }

  /** Throws a Refusal when there is none, or when it is somebody else's. */
  get(name: string, owner: QueueOwner | undefined): HostedQueue<L> {
    const held = this.#byName.get(name);
    if (held === undefined) throw notFound("queue", name, this.#ports.host);
    this.#refuseLocked(held, owner);
    return held.queue;
  }

  /** Finds an equal one, or makes it. */
  declare(declaration: QueueDeclaration, owner: QueueOwner): HostedQueue<L> {
    const existing = this.#byName.get(declaration.name);
    if (existing !== undefined) {
      this.#refuseLocked(existing, owner);
      refuseOther(existing.declaration, declaration, this.#ports.host);
      existing.queue.touch();
      return existing.queue;
    }
    refuseReserved("queue", declaration.name);
    return this.declareNamed(declaration, owner);
  }

  /** A name the broker has made up may begin with `amq.`. */
  declareNamed(declaration: QueueDeclaration, owner: QueueOwner): HostedQueue<L> {
    const { host, journal, limits } = this.#ports;
    const what = `declare ${described("queue", declaration.name, host)}`;
    refuseWithoutRoom(limits, "queue", declaration.arguments, what);
    const queue = this.#create(declaration, owner, true);
    if (queue.settings.durable) journal.keep(stored(declaration, host));
    return queue;
  }

  /** As it was stored. Throws a Refusal for arguments that make no sense (any more). */
  restore({ name, autoDelete, arguments: table }: StoredQueue): void {
    this.#create({ name, durable: true, exclusive: false, autoDelete, arguments: table }, undefined, false);
  }

  /** Returns how many ready messages it had; 0 for one that is not there: no error. */
  delete(
    name: string,
    { ifUnused, ifEmpty }: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
    owner: QueueOwner,
  ): number {
    const held = this.#byName.get(name);
    if (held === undefined) return 0;
    this.#refuseLocked(held, owner);
    const { queue } = held;
    const what = described("queue", name, this.#ports.host);
    if (ifUnused && queue.consumerCount > 0) throw new Refusal("precondition", `${what} in use`);
    if (ifEmpty && queue.messageCount > 0) throw new Refusal("precondition", `${what} not empty`);
    const count = queue.messageCount;
    this.remove(queue);
    return count;
  }

  remove(queue: HostedQueue<L>): void {
    const { name, durable } = queue.settings;
    const held = this.#byName.get(name);
    if (held === undefined || held.queue !== queue) return;
    this.#byName.delete(name);
    this.#disown(held);
    if (durable) this.#ports.journal.forget(stored(held.declaration, this.#ports.host));
    this.#ports.removed(queue);
    queue.delete();
  }

  /** The exclusive queues of this connection go with it. */
  release(owner: QueueOwner): void {
    for (const { queue } of [...(this.#byOwner.get(owner) ?? [])]) this.remove(queue);
  }

  #create(declaration: QueueDeclaration, owner: QueueOwner | undefined, isNew: boolean): HostedQueue<L> {
    const { name, exclusive, autoDelete } = declaration;
    const durable = declaration.durable && !exclusive; // it ends with its connection anyway
    const settings = {
      name,
      durable,
      exclusive,
      autoDelete,
      ...readQueueArguments(declaration, this.#ports.host),
    };
    const queue = this.#ports.createQueue(settings, isNew);
    const held = { queue, declaration, owner: exclusive ? owner : undefined };
    this.#byName.set(name, held);
    this.#own(held);
    return queue;
  }

  #own(held: Held<L>): void {
    if (held.owner === undefined) return;
    const owned = this.#byOwner.get(held.owner);
    if (owned === undefined) this.#byOwner.set(held.owner, new Set([held]));
    else owned.add(held);
  }

  #disown(held: Held<L>): void {
    const owned = held.owner && this.#byOwner.get(held.owner);
    if (held.owner === undefined || !owned?.delete(held)) return;
    if (owned.size === 0) this.#byOwner.delete(held.owner);
  }

  #refuseLocked({ queue, owner: holder }: Held<L>, owner: QueueOwner | undefined): void {
    if (!queue.settings.exclusive || holder === owner) return;
    const what = described("queue", queue.settings.name, this.#ports.host);
    const why =
      "It could be originally declared on another connection or the exclusive property value does not";
    throw new Refusal(
      "locked",
      `cannot obtain exclusive access to locked ${what}. ${why} match that of the original declaration.`,
    );
  }
}

function stored({ name, autoDelete, arguments: table }: QueueDeclaration, host: string): StoredQueue {
  return { kind: "queue", host, name, autoDelete, arguments: table };
}

function refuseOther(current: QueueDeclaration, received: QueueDeclaration, host: string): void {
  const what = described("queue", current.name, host);
  if (received.exclusive !== current.exclusive) {
    const why =
      "It could be originally declared on another connection or the exclusive property value does not";
    throw new Refusal(
      "locked",
      `cannot obtain exclusive access to locked ${what}. ${why} match that of the original declaration.`,
    );
  }
  refuseOtherValue(what, "durable", received.durable, current.durable);
  refuseOtherValue(what, "auto_delete", received.autoDelete, current.autoDelete);
  refuseOtherArguments(what, DEFINING_QUEUE_ARGUMENTS, received.arguments, current.arguments);
}
