import type { FieldTable } from "../base/field-table.ts";
import type { Exchange, ExchangeBinding } from "./exchange.ts";
import { isTopicView } from "./topic-view.ts";

/** A message on its way through exchanges. */
export interface Addressed {
  readonly exchange: string;
  /** The routing key and those of CC and BCC. */
  readonly routingKeys: readonly string[];
  readonly headers: () => FieldTable;
}

/** Where a message comes out of the exchanges. */
export interface RouteResult<Q> {
  /** Each once, however many bindings lead there. */
  readonly queues: ReadonlySet<Q>;
  /** The exchange that shows MQTT topics, of those that were passed: undefined = none. */
  readonly view: string | undefined;
}

/**
 * Follows bindings from exchange to exchange, each exchange once, and an alternate exchange where no binding of an
 * exchange matches. The default exchange is asked by name: every queue is bound to it under its own.
 */
export function routeThrough<Q>(
  addressed: Addressed,
  exchangeNamed: (name: string) => Exchange<Q> | undefined,
  queueNamed: (name: string) => Q | undefined,
): RouteResult<Q> {
  const walk = new Walk<Q>(addressed, exchangeNamed, queueNamed);
  walk.visit(addressed.exchange);
  return walk;
}

class Walk<Q> implements RouteResult<Q> {
  readonly queues = new Set<Q>();
  view: string | undefined;
  readonly #addressed: Addressed;
  readonly #exchangeNamed: (name: string) => Exchange<Q> | undefined;
  readonly #queueNamed: (name: string) => Q | undefined;
  readonly #visited = new Set<string>();
  #hasMatched = false;
  readonly #follow = (binding: ExchangeBinding<Q>): void => {
    this.#hasMatched = true;
    const { destination } = binding;
    if (destination.kind === "queue") this.queues.add(destination.queue);
    else this.#next.push(destination.name);
  };
  #next: string[] = [];

  constructor(
    addressed: Addressed,
    exchangeNamed: (name: string) => Exchange<Q> | undefined,
    queueNamed: (name: string) => Q | undefined,
  ) {
    this.#addressed = addressed;
    this.#exchangeNamed = exchangeNamed;
    this.#queueNamed = queueNamed;
  }

  visit(first: string): void {
    this.#next = [first];
    for (let name = this.#next.pop(); name !== undefined; name = this.#next.pop()) this.#pass(name);
  }

  #pass(name: string): void {
    if (this.#visited.has(name)) return;
    this.#visited.add(name);
    if (name === "") {
      this.#passDefault();
      return;
    }
    const exchange = this.#exchangeNamed(name);
    if (exchange === undefined) return;
    if (isTopicView(name)) this.view ??= name;
    this.#hasMatched = false;
    for (const key of this.#addressed.routingKeys) exchange.match(key, this.#addressed.headers, this.#follow);
    const { alternateExchange } = exchange.settings;
    if (!this.#hasMatched && alternateExchange !== undefined) this.#next.push(alternateExchange);
  }

  #passDefault(): void {
    for (const key of this.#addressed.routingKeys) {
      const queue = this.#queueNamed(key);
      if (queue !== undefined) this.queues.add(queue);
    }
  }
}
