import type { FieldTable } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { toTopicFilter } from "../base/topic-filter.ts";
import { bindingId, type StoredBinding } from "./definitions.ts";
import type { Destination, Exchange, ExchangeBinding } from "./exchange.ts";
import type { HostJournal } from "./host-journal.ts";
import type { HostedQueue } from "./hosted-queue.ts";
import { refuseWithoutRoom } from "./names.ts";
import type { DefinitionLimits, HeaderCodec, TopicRouting } from "./ports.ts";
import { QueueFilters } from "./queue-filters.ts";
import { isHidden, isTopicView, MQTT_EXCHANGE } from "./topic-view.ts";

/** What is to be bound, or was. */
export interface BindingRequest<L> {
  readonly source: Exchange<HostedQueue<L>>;
  readonly destination: Destination<HostedQueue<L>>;
  /** Both ends outlive the process, and so does the binding. */
  readonly isDurable: boolean;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

interface Held<L> {
  readonly source: Exchange<HostedQueue<L>>;
  readonly binding: ExchangeBinding<HostedQueue<L>>;
  readonly isDurable: boolean;
}

export interface BindingsPorts<L> {
  readonly host: string;
  readonly codec: HeaderCodec;
  readonly journal: HostJournal<L>;
  readonly limits: DefinitionLimits;
  readonly routing: TopicRouting<L>;
  /** The exchange has lost its last binding. */
  unused(source: Exchange<HostedQueue<L>>): void;
}

/** The bindings of one virtual host, by what they lead to, so that they go when it goes. */
export class Bindings<L> {
  readonly #ports: BindingsPorts<L>;
  readonly #byDestination = new Map<string, Set<Held<L>>>();
  readonly #filters = new QueueFilters();
  #count = 0;

  constructor(ports: BindingsPorts<L>) {
    this.#ports = ports;
  }

  get count(): number {
    return this.#count;
  }

  leadingTo(destination: Destination<HostedQueue<L>>): { exchange: string; routingKey: string }[] {
    const held = this.#byDestination.get(destinationKey(destination)) ?? [];
    return Array.from(held, ({ source, binding }) => ({
      exchange: source.name,
      routingKey: binding.routingKey,
    }));
  }

  showsTopics(queue: string): boolean {
    return this.#filters.has(queue);
  }

  /** Whether the routing core hands what is published to this topic to the queue, by a filter on the exchange `mqtt`. */
  reaches(queue: string, topicName: string): boolean {
    return this.#filters.reaches(queue, topicName);
  }

  /** Binding twice is binding once (AMQP 0-9-1 queue.bind: rule "duplicates"). Throws a Refusal. */
  bind(request: BindingRequest<L>): void {
    const { source, destination, routingKey, isDurable } = request;
    const id = bindingId(this.#identity(request), this.#ports.codec);
    if (source.binding(id) !== undefined) return;
    refuseBetweenViews(source.name, destination);
    if (source.name === MQTT_EXCHANGE) this.#refuseBadFilter(routingKey);
    refuseWithoutRoom(this.#ports.limits, "binding", request.arguments, `bind ${inWords(request)}`);
    const binding = { id, routingKey, arguments: request.arguments, destination };
    source.bind(binding);
    this.#hold(destinationKey(destination), { source, binding, isDurable });
    if (source.name === MQTT_EXCHANGE && destination.kind === "queue") {
      this.#showTopics(destination.queue, routingKey);
    } else this.#ports.routing.bindingsChanged();
    if (isDurable) this.#ports.journal.keep(this.#stored(request));
  }

  /** What is not bound is unbound already: no error. */
  unbind(request: BindingRequest<L>): void {
    const id = bindingId(this.#identity(request), this.#ports.codec);
    const held = this.#held(destinationKey(request.destination), id);
    if (held !== undefined) this.#release(held);
  }

  /** The queue or exchange is gone, and all that led to it. */
  removeDestination(destination: Destination<HostedQueue<L>>): void {
    for (const held of [...(this.#byDestination.get(destinationKey(destination)) ?? [])]) this.#release(held);
  }

  /** The exchange is gone, and all that led from it. */
  removeSource(source: Exchange<HostedQueue<L>>): void {
    for (const binding of [...source.bindings()]) {
      const held = this.#held(destinationKey(binding.destination), binding.id);
      if (held !== undefined) this.#drop(held);
    }
  }

  #refuseBadFilter(routingKey: string): void {
    if (!this.#ports.routing.seesTopics) {
      const why = `virtual host '${this.#ports.host}' sees no MQTT topics: the first of queues.virtualHosts does`;
      throw new Refusal("precondition", why);
    }
    if (toTopicFilter(routingKey) === undefined) {
      throw new Refusal("precondition", `binding key '${routingKey}' is no MQTT topic filter`);
    }
    if (isHidden(routingKey))
      throw new Refusal("access", `topics that begin with '$' are not shown to queues`);
  }

  #release(held: Held<L>): void {
    this.#drop(held);
    if (held.source.bindingCount === 0) this.#ports.unused(held.source);
  }

  #drop(held: Held<L>): void {
    const { source, binding, isDurable } = held;
    const { destination, routingKey } = binding;
    source.unbind(binding);
    this.#letGo(destinationKey(destination), held);
    if (source.name === MQTT_EXCHANGE && destination.kind === "queue") {
      this.#hideTopics(destination.queue, routingKey);
    } else this.#ports.routing.bindingsChanged();
    if (isDurable) this.#ports.journal.forget(this.#stored({ source, ...binding }));
  }

  #showTopics({ settings, receiver }: HostedQueue<L>, filter: string): void {
    if (this.#filters.add(settings.name, filter)) this.#ports.routing.subscribe(receiver, filter);
  }

  #hideTopics({ settings, receiver }: HostedQueue<L>, filter: string): void {
    if (this.#filters.remove(settings.name, filter)) this.#ports.routing.unsubscribe(receiver, filter);
  }

  #hold(key: string, held: Held<L>): void {
    const known = this.#byDestination.get(key);
    if (known === undefined) this.#byDestination.set(key, new Set([held]));
    else known.add(held);
    this.#count++;
  }

  #letGo(key: string, held: Held<L>): void {
    const known = this.#byDestination.get(key);
    if (!known?.delete(held)) return;
    this.#count--;
    if (known.size === 0) this.#byDestination.delete(key);
  }

  #held(key: string, id: string): Held<L> | undefined {
    for (const held of this.#byDestination.get(key) ?? []) if (held.binding.id === id) return held;
    return undefined;
  }

  #stored(request: Omit<BindingRequest<L>, "isDurable">): StoredBinding {
    return { kind: "binding", host: this.#ports.host, ...this.#identity(request) };
  }

  #identity(request: Omit<BindingRequest<L>, "isDurable">): Omit<StoredBinding, "kind" | "host"> {
    const { source, destination, routingKey } = request;
    return {
      source: source.name,
      destinationKind: destination.kind,
      destination: nameOf(destination),
      routingKey,
      arguments: request.arguments,
    };
  }
}

function nameOf<L>(destination: Destination<HostedQueue<L>>): string {
  return destination.kind === "queue" ? destination.queue.settings.name : destination.name;
}

function inWords<L>({ source, destination }: BindingRequest<L>): string {
  return `${destination.kind} '${nameOf(destination)}' to exchange '${source.name}'`;
}

function destinationKey<L>(destination: Destination<HostedQueue<L>>): string {
  return `${destination.kind}/${nameOf(destination)}`;
}

/** The two exchanges show one stream: a binding between them would send a message round. */
function refuseBetweenViews<L>(source: string, destination: Destination<HostedQueue<L>>): void {
  if (destination.kind === "queue" || !isTopicView(source) || !isTopicView(destination.name)) return;
  throw new Refusal("precondition", `exchanges '${source}' and '${destination.name}' show the same messages`);
}
