import { Refusal } from "../base/refusal.ts";
import type { StoredExchange } from "./definitions.ts";
import { refuseOtherArguments, refuseOtherValue } from "./equivalence.ts";
import { Exchange, type ExchangeSettings, type ExchangeType } from "./exchange.ts";
import { alternateExchangeOf, toExchangeType } from "./exchange-arguments.ts";
import type { HostJournal } from "./host-journal.ts";
import type { HostedQueue } from "./hosted-queue.ts";
import {
  DEFAULT_EXCHANGE,
  described,
  isReserved,
  notFound,
  refuseDefaultExchange,
  refuseReserved,
  refuseWithoutRoom,
} from "./names.ts";
import type { DefinitionLimits } from "./ports.ts";
import type { ExchangeDeclaration } from "./requests.ts";
import { MQTT_EXCHANGE, TOPIC_EXCHANGE } from "./topic-view.ts";

/** There from the start, durable, never deleted (AMQP 0-9-1 §3.1.3). */
const PREDECLARED: readonly (readonly [name: string, type: ExchangeType])[] = [
  [DEFAULT_EXCHANGE, "direct"],
  ["amq.direct", "direct"],
  ["amq.fanout", "fanout"],
  ["amq.headers", "headers"],
  ["amq.match", "headers"],
  [TOPIC_EXCHANGE, "topic"],
  [MQTT_EXCHANGE, "x-mqtt"],
];

export interface ExchangesPorts<L> {
  readonly host: string;
  readonly journal: HostJournal<L>;
  readonly limits: DefinitionLimits;
  /** Its bindings are to go with it, from it and to it. */
  removed(exchange: Exchange<HostedQueue<L>>): void;
}

/** The exchanges of one virtual host. */
export class Exchanges<L> {
  readonly #ports: ExchangesPorts<L>;
  readonly #byName = new Map<string, Exchange<HostedQueue<L>>>();
  /** With one that goes, those go that it was the last binding of: a chain of any length, one after the other. */
  #leaving: Exchange<HostedQueue<L>>[] = [];

  constructor(ports: ExchangesPorts<L>) {
    this.#ports = ports;
    for (const [name, type] of PREDECLARED) this.#byName.set(name, new Exchange(predeclared(name, type)));
  }

  get count(): number {
    return this.#byName.size;
  }

  /** Without those that are there from the start. */
  get declaredCount(): number {
    return this.#byName.size - PREDECLARED.length;
  }

  all(): IterableIterator<Exchange<HostedQueue<L>>> {
    return this.#byName.values();
  }

  find(name: string): Exchange<HostedQueue<L>> | undefined {
    return this.#byName.get(name);
  }

  /** Throws a Refusal when there is none. */
  get(name: string): Exchange<HostedQueue<L>> {
    const exchange = this.#byName.get(name);
    if (exchange === undefined) throw notFound("exchange", name, this.#ports.host);
    return exchange;
  }

  declare(declaration: ExchangeDeclaration): void {
    const { host, journal, limits } = this.#ports;
    const { name, durable, autoDelete, internal } = declaration;
    refuseDefaultExchange(name);
    const type = toExchangeType(declaration.type);
    const existing = this.#byName.get(name);
    if (existing !== undefined) {
      refuseOther(existing.settings, declaration, host);
      return;
    }
    refuseReserved("exchange", name);
    refuseWithoutRoom(
      limits,
      "exchange",
      declaration.arguments,
      `declare ${described("exchange", name, host)}`,
    );
    const alternateExchange = alternateExchangeOf(name, declaration.arguments, host);
    const settings = { ...declaration, type, durable, autoDelete, internal, alternateExchange };
    this.#byName.set(name, new Exchange(settings));
    if (durable) journal.keep(stored(settings, host));
  }

  /** As it was stored. Throws a Refusal for what is not offered (any more). */
  restore({ name, type, ...rest }: StoredExchange): void {
    const { autoDelete, internal, arguments: table } = rest;
    const alternateExchange = alternateExchangeOf(name, table, this.#ports.host);
    const flags = { durable: true, autoDelete, internal };
    const settings = { name, type: toExchangeType(type), ...flags, arguments: table, alternateExchange };
    this.#byName.set(name, new Exchange(settings));
  }

  /** What is not there is deleted already: no error. */
  delete(name: string, ifUnused: boolean): void {
    refuseDefaultExchange(name);
    if (isReserved(name) || name === MQTT_EXCHANGE) {
      const what = described("exchange", name, this.#ports.host);
      throw new Refusal("access", `deletion of system ${what} not allowed`);
    }
    const exchange = this.#byName.get(name);
    if (exchange === undefined) return;
    if (ifUnused && exchange.bindingCount > 0) {
      throw new Refusal("precondition", `${described("exchange", name, this.#ports.host)} in use`);
    }
    this.remove(exchange);
  }

  remove(exchange: Exchange<HostedQueue<L>>): void {
    this.#leaving.push(exchange);
    if (this.#leaving.length > 1) return; // inside the loop below, which takes it along
    try {
      for (const one of this.#leaving) this.#removeOne(one);
    } finally {
      this.#leaving = [];
    }
  }

  #removeOne(exchange: Exchange<HostedQueue<L>>): void {
    if (!this.#byName.delete(exchange.name)) return;
    if (exchange.settings.durable) this.#ports.journal.forget(stored(exchange.settings, this.#ports.host));
    this.#ports.removed(exchange);
  }
}

function predeclared(name: string, type: ExchangeType): ExchangeSettings {
  return {
    name,
    type,
    durable: true,
    autoDelete: false,
    internal: false,
    arguments: [],
    alternateExchange: undefined,
  };
}

function stored(settings: ExchangeSettings, host: string): StoredExchange {
  const { name, type, autoDelete, internal } = settings;
  return { kind: "exchange", host, name, type, autoDelete, internal, arguments: settings.arguments };
}

function refuseOther(current: ExchangeSettings, received: ExchangeDeclaration, host: string): void {
  const what = described("exchange", current.name, host);
  refuseOtherValue(what, "type", received.type, current.type);
  refuseOtherValue(what, "durable", received.durable, current.durable);
  refuseOtherValue(what, "auto_delete", received.autoDelete, current.autoDelete);
  refuseOtherValue(what, "internal", received.internal, current.internal);
  refuseOtherArguments(what, ["alternate-exchange"], received.arguments, current.arguments);
}
