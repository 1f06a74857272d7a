import type { FieldTable } from "../base/field-table.ts";
import { filterMatches } from "../base/topic-filter.ts";
import { type HeadersMatch, matchesHeaders, readHeadersMatch } from "./headers-match.ts";
import { TopicWords } from "./topic-words.ts";

/** `x-mqtt`: routing key = topic name, binding key = MQTT topic filter. */
export const EXCHANGE_TYPES = ["direct", "fanout", "topic", "headers", "x-mqtt"] as const;
export type ExchangeType = (typeof EXCHANGE_TYPES)[number];

export interface ExchangeSettings {
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** No publisher may name it: it is fed by bindings alone. */
  readonly internal: boolean;
  readonly arguments: FieldTable;
  /** Where a message goes that no binding matches; undefined = nowhere. */
  readonly alternateExchange: string | undefined;
}

export interface QueueDestination<Q> {
  readonly kind: "queue";
  readonly queue: Q;
}
export interface ExchangeDestination {
  readonly kind: "exchange";
  readonly name: string;
}
export type Destination<Q> = QueueDestination<Q> | ExchangeDestination;

/** One binding; the same source, destination, key and arguments are one binding. */
export interface ExchangeBinding<Q> {
  readonly id: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
  readonly destination: Destination<Q>;
}

interface HeadersBinding<Q> {
  readonly binding: ExchangeBinding<Q>;
  readonly match: HeadersMatch;
}

/** Finds the bindings a message matches, by the rule of the exchange's type. */
interface BindingIndex<Q> {
  add(binding: ExchangeBinding<Q>): void;
  remove(binding: ExchangeBinding<Q>): void;
  match(routingKey: string, headers: () => FieldTable, found: (binding: ExchangeBinding<Q>) => void): void;
}

/** An exchange with its bindings (AMQP 0-9-1 §3.1.3). `Q` is a queue. */
export class Exchange<Q> {
  readonly settings: ExchangeSettings;
  readonly #bindings = new Map<string, ExchangeBinding<Q>>();
  readonly #index: BindingIndex<Q>;

  constructor(settings: ExchangeSettings) {
    this.settings = settings;
    this.#index = indexFor(settings.type);
  }

  get name(): string {
    return this.settings.name;
  }

  get bindingCount(): number {
    return this.#bindings.size;
  }

  bindings(): IterableIterator<ExchangeBinding<Q>> {
    return this.#bindings.values();
  }

  binding(id: string): ExchangeBinding<Q> | undefined {
    return this.#bindings.get(id);
  }

  /** Throws a Refusal when the arguments make no sense for this type. */
  bind(binding: ExchangeBinding<Q>): void {
    this.#index.add(binding);
    this.#bindings.set(binding.id, binding);
  }

  unbind(binding: ExchangeBinding<Q>): void {
    if (this.#bindings.delete(binding.id)) this.#index.remove(binding);
  }

  match(routingKey: string, headers: () => FieldTable, found: (binding: ExchangeBinding<Q>) => void): void {
    this.#index.match(routingKey, headers, found);
  }
}

function indexFor<Q>(type: ExchangeType): BindingIndex<Q> {
  switch (type) {
    case "direct":
      return new DirectIndex();
    case "fanout":
      return new FanoutIndex();
    case "topic":
      return new TopicIndex();
    case "headers":
      return new HeadersIndex();
    case "x-mqtt":
      return new FilterIndex();
  }
}

class DirectIndex<Q> implements BindingIndex<Q> {
  readonly #byKey = new Map<string, Set<ExchangeBinding<Q>>>();

  add(binding: ExchangeBinding<Q>): void {
    const known = this.#byKey.get(binding.routingKey);
    if (known === undefined) this.#byKey.set(binding.routingKey, new Set([binding]));
    else known.add(binding);
  }

  remove(binding: ExchangeBinding<Q>): void {
    const known = this.#byKey.get(binding.routingKey);
    known?.delete(binding);
    if (known?.size === 0) this.#byKey.delete(binding.routingKey);
  }

  match(routingKey: string, _headers: unknown, found: (binding: ExchangeBinding<Q>) => void): void {
    for (const binding of this.#byKey.get(routingKey) ?? []) found(binding);
  }
}

class FanoutIndex<Q> implements BindingIndex<Q> {
  readonly #all = new Set<ExchangeBinding<Q>>();

  add(binding: ExchangeBinding<Q>): void {
    this.#all.add(binding);
  }

  remove(binding: ExchangeBinding<Q>): void {
    this.#all.delete(binding);
  }

  match(_routingKey: string, _headers: unknown, found: (binding: ExchangeBinding<Q>) => void): void {
    for (const binding of this.#all) found(binding);
  }
}

class TopicIndex<Q> implements BindingIndex<Q> {
  readonly #words = new TopicWords<ExchangeBinding<Q>>();

  add(binding: ExchangeBinding<Q>): void {
    this.#words.add(binding.routingKey, binding);
  }

  remove(binding: ExchangeBinding<Q>): void {
    this.#words.remove(binding.routingKey, binding);
  }

  match(routingKey: string, _headers: unknown, found: (binding: ExchangeBinding<Q>) => void): void {
    this.#words.match(routingKey, found);
  }
}

class HeadersIndex<Q> implements BindingIndex<Q> {
  readonly #all = new Map<string, HeadersBinding<Q>>();

  add(binding: ExchangeBinding<Q>): void {
    this.#all.set(binding.id, { binding, match: readHeadersMatch(binding.arguments) });
  }

  remove(binding: ExchangeBinding<Q>): void {
    this.#all.delete(binding.id);
  }

  match(_routingKey: string, headers: () => FieldTable, found: (binding: ExchangeBinding<Q>) => void): void {
    if (this.#all.size === 0) return;
    const table = headers();
    for (const { binding, match } of this.#all.values()) {
      if (matchesHeaders(match, table)) found(binding);
    }
  }
}

/** For bindings to exchanges: queues bound by a topic filter are subscriptions of the routing core. */
class FilterIndex<Q> implements BindingIndex<Q> {
  readonly #toExchanges = new Set<ExchangeBinding<Q>>();

  add(binding: ExchangeBinding<Q>): void {
    if (binding.destination.kind === "exchange") this.#toExchanges.add(binding);
  }

  remove(binding: ExchangeBinding<Q>): void {
    this.#toExchanges.delete(binding);
  }

  match(routingKey: string, _headers: unknown, found: (binding: ExchangeBinding<Q>) => void): void {
    for (const binding of this.#toExchanges) {
      if (filterMatches(binding.routingKey, routingKey)) found(binding);
    }
  }
}
