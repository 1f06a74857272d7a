import type { FieldTable } from "../base/field-table.ts";
import type { TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import { Refusal } from "../base/refusal.ts";
import { type BindingRequest, Bindings } from "./bindings.ts";
import { queuesPassed } from "./death.ts";
import type { Definition } from "./definitions.ts";
import type { Exchange } from "./exchange.ts";
import { Exchanges } from "./exchanges.ts";
import { HostJournal } from "./host-journal.ts";
import type {
  ConsumerRequest,
  Consuming,
  HostedQueue,
  QueueDelivery,
  QueueSettings,
} from "./hosted-queue.ts";
import { DEFAULT_EXCHANGE, described, refuseDefaultExchange } from "./names.ts";
import type {
  CommitWaiter,
  DefinitionLimits,
  HeaderCodec,
  LaneTarget,
  QueueJournal,
  QueueReceiver,
  RouteSource,
  TopicRouting,
} from "./ports.ts";
import { Queues } from "./queues.ts";
import {
  type Binding,
  type ExchangeDeclaration,
  type Publication,
  PublishResult,
  type QueueDeclaration,
  type QueueOwner,
  type QueueStatus,
} from "./requests.ts";
import { type RouteResult, routeThrough } from "./routed.ts";
import {
  isHidden,
  isTopicView,
  MQTT_EXCHANGE,
  TOPIC_EXCHANGE,
  toRoutingKey,
  toTopicOf,
} from "./topic-view.ts";

export interface VirtualHostPorts<L> {
  readonly name: string;
  readonly codec: HeaderCodec;
  readonly journal: QueueJournal<L>;
  readonly routing: TopicRouting<L>;
  readonly limits: DefinitionLimits;
  /** `isNew`: false for a queue that was there before the process. */
  createQueue(settings: QueueSettings, isNew: boolean): HostedQueue<L>;
  /** A queue is about to be deleted. */
  removed?(queue: HostedQueue<L>): void;
}

/** Where a dead letter goes; the fields are those of `dead-letters.ts`. */
interface DeadLetterRoute<L> {
  readonly queues: ReadonlySet<HostedQueue<L>>;
  readonly isRouted: boolean;
  readonly except: ReadonlySet<QueueReceiver<L>>;
}

const NO_HEADERS = (): FieldTable => [];
/** How a message stands in an AMQP-style queue: acknowledged once. */
const DELIVERY: Delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };
const NOBODY: CommitWaiter = { committed() {} };

/** One virtual host: a name space of exchanges and queues (AMQP 0-9-1 §2.1, §3.1). */
export class VirtualHost<L> implements RouteSource<L> {
  readonly name: string;
  readonly #routing: TopicRouting<L>;
  readonly #journal: HostJournal<L>;
  readonly #exchanges: Exchanges<L>;
  readonly #queues: Queues<L>;
  readonly #bindings: Bindings<L>;
  readonly #exchangeNamed = (name: string) => this.#exchanges.find(name);
  readonly #queueNamed = (name: string) => this.#queues.find(name);

  constructor(ports: VirtualHostPorts<L>) {
    const { name: host, codec, routing, limits } = ports;
    const journal = new HostJournal(ports.journal, codec);
    this.name = host;
    this.#routing = routing;
    this.#journal = journal;
    this.#exchanges = new Exchanges<L>({
      host,
      journal,
      limits,
      removed: (exchange) => this.#removed(exchange),
    });
    this.#queues = new Queues<L>({
      host,
      journal,
      limits,
      createQueue: (settings, isNew) => ports.createQueue(settings, isNew),
      removed: (queue) => {
        ports.removed?.(queue);
        this.#bindings.removeDestination({ kind: "queue", queue });
      },
    });
    this.#bindings = new Bindings<L>({
      host,
      codec,
      journal,
      limits,
      routing,
      unused: (source) => {
        if (source.settings.autoDelete) this.#exchanges.remove(source);
      },
    });
  }

  // what operators see

  exchanges(): IterableIterator<Exchange<HostedQueue<L>>> {
    return this.#exchanges.all();
  }

  queues(): IterableIterator<HostedQueue<L>> {
    return this.#queues.all();
  }

  get queueCount(): number {
    return this.#queues.count;
  }

  get exchangeCount(): number {
    return this.#exchanges.count;
  }

  /** Without those that are always there. */
  get declaredExchangeCount(): number {
    return this.#exchanges.declaredCount;
  }

  /** Where the queue's messages come from, besides its own name on the default exchange. */
  bindingsOf(queue: HostedQueue<L>): { readonly exchange: string; readonly routingKey: string }[] {
    return this.#bindings.leadingTo({ kind: "queue", queue });
  }

  get bindingCount(): number {
    return this.#bindings.count;
  }

  /** What was stored before: exchanges, then queues, then bindings. `leftOut` is told what cannot be, and why. */
  restore(
    definitions: readonly Definition[],
    leftOut: (definition: Definition, error: unknown) => void,
  ): void {
    for (const kind of ["exchange", "queue", "binding"] as const) {
      for (const definition of definitions) {
        if (definition.kind !== kind) continue;
        try {
          this.#restore(definition);
        } catch (error) {
          leftOut(definition, error);
        }
      }
    }
  }

  /** The process stops. */
  close(): void {
    for (const queue of this.#queues.all()) queue.close();
  }

  // exchanges

  declareExchange(declaration: ExchangeDeclaration, waiter: CommitWaiter, token: number): void {
    this.#exchanges.declare(declaration);
    this.#journal.answer(waiter, token);
  }

  checkExchange(name: string): void {
    this.#exchanges.get(name);
  }

  deleteExchange(name: string, ifUnused: boolean, waiter: CommitWaiter, token: number): void {
    this.#exchanges.delete(name, ifUnused);
    this.#journal.answer(waiter, token);
  }

  bindExchange(binding: Binding, waiter: CommitWaiter, token: number): void {
    this.#bindings.bind(this.#exchangeBinding(binding));
    this.#journal.answer(waiter, token);
  }

  unbindExchange(binding: Binding, waiter: CommitWaiter, token: number): void {
    this.#refuseDefault(binding);
    if (this.#exchanges.find(binding.source) !== undefined && this.#exchanges.find(binding.destination)) {
      this.#bindings.unbind(this.#exchangeBinding(binding));
    }
    this.#journal.answer(waiter, token);
  }

  // queues

  declareQueue(
    declaration: QueueDeclaration,
    owner: QueueOwner,
    waiter: CommitWaiter,
    token: number,
  ): QueueStatus {
    const queue = this.#queues.declare(declaration, owner);
    this.#journal.answer(waiter, token);
    return statusOf(queue);
  }

  /** For a name the protocol has made up. */
  declareNamedQueue(
    declaration: QueueDeclaration,
    owner: QueueOwner,
    waiter: CommitWaiter,
    token: number,
  ): QueueStatus {
    const queue = this.#queues.declareNamed(declaration, owner);
    this.#journal.answer(waiter, token);
    return statusOf(queue);
  }

  hasQueue(name: string): boolean {
    return this.#queues.find(name) !== undefined;
  }

  checkQueue(name: string, owner: QueueOwner): QueueStatus {
    const queue = this.#queues.get(name, owner);
    queue.touch();
    return statusOf(queue);
  }

  bindQueue(binding: Binding, owner: QueueOwner, waiter: CommitWaiter, token: number): void {
    this.#bindings.bind(this.#queueBinding(binding, owner));
    this.#journal.answer(waiter, token);
  }

  /** What is not there is unbound already: no error. */
  unbindQueue(binding: Binding, owner: QueueOwner, waiter: CommitWaiter, token: number): void {
    this.#refuseDefault(binding);
    if (this.#exchanges.find(binding.source) !== undefined && this.#queues.find(binding.destination)) {
      this.#bindings.unbind(this.#queueBinding(binding, owner));
    }
    this.#journal.answer(waiter, token);
  }

  /** The waiter is told when the messages are gone, from the disk too (AMQP 0-9-1 §1.7.2.7). */
  purgeQueue(name: string, owner: QueueOwner, waiter: CommitWaiter, token: number): number {
    const queue = this.#queues.get(name, owner);
    return queue.purge(() => {
      if (queue.settings.durable) this.#journal.whenCommitted(waiter, token);
      else waiter.committed(token);
    });
  }

  deleteQueue(
    name: string,
    conditions: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
    owner: QueueOwner,
    waiter: CommitWaiter,
    token: number,
  ): number {
    const count = this.#queues.delete(name, conditions, owner);
    this.#journal.answer(waiter, token);
    return count;
  }

  /** Auto-delete, x-expires. */
  removeQueue(queue: HostedQueue<L>): void {
    this.#queues.remove(queue);
    this.#journal.answer(NOBODY, 0);
  }

  consume(request: ConsumerRequest & { readonly queue: string }, owner: QueueOwner | undefined): Consuming {
    return this.#queues.get(request.queue, owner).consume(request);
  }

  get(
    name: string,
    noAck: boolean,
    owner: QueueOwner,
    answer: (delivery: QueueDelivery | undefined, remaining: number) => void,
  ): void {
    this.#queues.get(name, owner).get(noAck, answer);
  }

  /** Whether the queue is bound to the exchange `mqtt`: it shows topics as they are. */
  showsTopics(queue: string): boolean {
    return this.#bindings.showsTopics(queue);
  }

  release(owner: QueueOwner): void {
    this.#queues.release(owner);
    this.#journal.answer(NOBODY, 0);
  }

  // messages

  /** Bits of `PublishResult`; throws a Refusal when the exchange cannot be published to. */
  publish(publication: Publication, waiter: CommitWaiter, token: number): number {
    const exchange = this.#exchanges.get(publication.exchange);
    if (exchange.settings.internal) {
      const what = described("exchange", exchange.name, this.name);
      throw new Refusal("access", `cannot publish to internal ${what}`);
    }
    const route = this.#route(publication);
    const message = this.#inView(route, publication);
    const isRouted = message !== publication.message;
    if (isRouted && this.#routing.refuses(message)) return PublishResult.Rejected;
    const queues = isRouted ? this.#withoutThoseOf(message.topicName, route.queues) : route.queues;
    return this.#handOver(queues, message, isRouted, waiter, token);
  }

  /**
   * The queues a dead letter goes to; undefined = there is no such exchange. Topics are reached by naming `amq.topic` or
   * `mqtt` itself, which was permitted when the queue was declared: never by way of other exchanges.
   */
  routeDeadLetter(
    message: Message,
    exchange: string,
    routingKeys: readonly string[],
    headers: () => FieldTable,
  ): DeadLetterRoute<L> | undefined {
    if (this.#exchanges.find(exchange) === undefined) return undefined;
    const addressed = { exchange, routingKeys, headers };
    const { queues } = routeThrough(addressed, this.#exchangeNamed, this.#queueNamed);
    const routingKey = message.envelope?.routingKey ?? "";
    const topicName = isTopicView(exchange) ? toTopicOf(exchange, routingKey) : undefined;
    const isShown = topicName !== undefined && !isHidden(topicName);
    const isRouted = isShown && this.#routing.seesTopics;
    return { queues, isRouted, except: isRouted ? this.#notByTopic(queues, headers()) : new Set() };
  }

  /** The first get the letter anyway; through those it has passed it would go round by itself. */
  #notByTopic(queues: ReadonlySet<HostedQueue<L>>, headers: FieldTable): Set<QueueReceiver<L>> {
    const except = new Set(Array.from(queues, ({ receiver }) => receiver));
    for (const name of queuesPassed(headers)) {
      const queue = this.#queues.find(name);
      if (queue !== undefined) except.add(queue.receiver);
    }
    return except;
  }

  /** A dead letter for durable lanes, and for the receivers of its topic when `isRouted`; never a topic's retained message. */
  publishDeadLetter(
    targets: readonly LaneTarget<L>[],
    message: Message,
    isRouted: boolean,
    except: ReadonlySet<QueueReceiver<L>>,
  ): void {
    const { exchange = TOPIC_EXCHANGE, routingKey = "" } = message.envelope ?? {};
    const topicName = toTopicOf(exchange, routingKey);
    const isInView = isRouted && topicName !== undefined;
    this.#routing.publish(
      targets,
      isInView ? { ...message, topicName: topicName as TopicName, retain: false } : message,
      isInView,
      NOBODY,
      0,
      except,
    );
  }

  /** What MQTT clients publish reaches queues through `amq.topic`, and through exchanges bound to either view. */
  match(topicName: string, receivers: QueueReceiver<L>[]): void {
    if (this.#bindings.count === 0 || isHidden(topicName)) return;
    for (const queue of this.#shownTo(topicName)) receivers.push(queue.receiver);
  }

  /** By the bindings of the two views, but for the filters that the routing core holds. */
  #shownTo(topicName: string): Set<HostedQueue<L>> {
    const queues = new Set<HostedQueue<L>>();
    for (const [exchange, routingKey] of [
      [TOPIC_EXCHANGE, toRoutingKey(topicName)],
      [MQTT_EXCHANGE, topicName],
    ] as const) {
      const addressed = { exchange, routingKeys: [routingKey], headers: NO_HEADERS };
      const route = routeThrough(addressed, this.#exchangeNamed, this.#queueNamed);
      for (const queue of route.queues) queues.add(queue);
    }
    return queues;
  }

  /** The routing core hands the message to the queues it knows for the topic: they must not get it twice. */
  #withoutThoseOf(topicName: string, queues: ReadonlySet<HostedQueue<L>>): ReadonlySet<HostedQueue<L>> {
    if (queues.size === 0) return queues;
    const known = this.#shownTo(topicName);
    const isKnown = (queue: HostedQueue<L>): boolean =>
      known.has(queue) || this.#bindings.reaches(queue.settings.name, topicName);
    return new Set([...queues].filter((queue) => !isKnown(queue)));
  }

  #route(publication: Publication): RouteResult<HostedQueue<L>> {
    const { exchange, routingKey, furtherKeys } = publication;
    const headers = (): FieldTable => publication.headers();
    // hot: to a queue by its name
    if (exchange === DEFAULT_EXCHANGE && furtherKeys.length === 0) {
      const queue = this.#queues.find(routingKey);
      return { queues: new Set(queue === undefined ? [] : [queue]), view: undefined };
    }
    const routingKeys = furtherKeys.length === 0 ? [routingKey] : [routingKey, ...furtherKeys];
    return routeThrough({ exchange, routingKeys, headers }, this.#exchangeNamed, this.#queueNamed);
  }

  /** The message as MQTT subscribers will see it; the same when it does not reach them. */
  #inView({ view }: RouteResult<HostedQueue<L>>, publication: Publication): Message {
    const { message, routingKey } = publication;
    const topicName = view && toTopicOf(view, routingKey);
    if (topicName === undefined || !this.#routing.seesTopics) return message;
    if (isHidden(topicName)) {
      throw new Refusal("access", `topics that begin with '$' belong to the broker: '${topicName}'`);
    }
    if (!publication.mayPublish(topicName)) {
      throw new Refusal("access", `write access to topic '${topicName}' refused`);
    }
    return { ...message, topicName: topicName as TopicName, ...publication.shown?.() };
  }

  #handOver(
    queues: ReadonlySet<HostedQueue<L>>,
    message: Message,
    isRouted: boolean,
    waiter: CommitWaiter,
    token: number,
  ): number {
    const targets: LaneTarget<L>[] = [];
    let bits = 0;
    for (const queue of queues) {
      if (queue.rejects(message.payload.length)) {
        queue.refused(message);
        bits |= PublishResult.Rejected;
        continue;
      }
      bits |= PublishResult.Routed;
      const lane = queue.receiver.queueFor(message);
      if (lane === undefined) queue.push(message);
      else targets.push({ queue: lane, delivery: DELIVERY });
    }
    if (targets.length === 0 && !isRouted) return bits;
    return bits | this.#routing.publish(targets, message, isRouted, waiter, token);
  }

  // bindings

  #exchangeBinding({ source, destination, routingKey, arguments: table }: Binding): BindingRequest<L> {
    refuseDefaultExchange(source);
    refuseDefaultExchange(destination);
    const from = this.#exchanges.get(source);
    const to = this.#exchanges.get(destination);
    return {
      source: from,
      destination: { kind: "exchange", name: to.name },
      isDurable: from.settings.durable && to.settings.durable,
      routingKey,
      arguments: table,
    };
  }

  #queueBinding(binding: Binding, owner: QueueOwner | undefined): BindingRequest<L> {
    const { source, destination, routingKey, arguments: table } = binding;
    const queue = this.#queues.get(destination, owner);
    refuseDefaultExchange(source);
    const from = this.#exchanges.get(source);
    return {
      source: from,
      destination: { kind: "queue", queue },
      isDurable: from.settings.durable && queue.settings.durable,
      routingKey,
      arguments: table,
    };
  }

  #refuseDefault({ source }: Binding): void {
    refuseDefaultExchange(source);
  }

  #restore(definition: Definition): void {
    if (definition.kind === "exchange") this.#exchanges.restore(definition);
    else if (definition.kind === "queue") this.#queues.restore(definition);
    else if (definition.destinationKind === "queue")
      this.#bindings.bind(this.#queueBinding(definition, undefined));
    else this.#bindings.bind(this.#exchangeBinding(definition));
  }

  #removed(exchange: Exchange<HostedQueue<L>>): void {
    this.#bindings.removeSource(exchange);
    this.#bindings.removeDestination({ kind: "exchange", name: exchange.name });
  }
}

function statusOf({ settings, messageCount, consumerCount }: HostedQueue<unknown>): QueueStatus {
  return { name: settings.name, messageCount, consumerCount };
}
