import type { TopicFilter, TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { QoS } from "../base/qos.ts";
import { lowerQoS } from "../base/qos.ts";
import type { Delivery } from "../base/queued-message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import { TopicTrie } from "./topic-trie.ts";

/** Whoever gets messages: a session, a mapping of a bridge. `Q` is a durable queue in the state's words. */
export interface Receiver<Q> {
  /** Whether its queues ever hold up or refuse a publisher: others are not asked. */
  readonly mayRefuse: boolean;
  /** The client id, for No Local; "" for receivers that are no clients. */
  readonly id: string;
  /**
   * The durable queue that must hold the message before it is acknowledged; undefined when `deliver` is enough.
   * `qos` is what this receiver gets it with.
   */
  queueFor(message: Message, qos: QoS): Q | undefined;
  /** Hands over at once; the message's payload may be a view: copy it to keep it. */
  deliver(message: Message, delivery: Delivery): void;
}

/**
 * A full queue holds its publisher up, has the message refused (perhaps only where the publisher can be told), or goes
 * without it and counts what it misses.
 */
export interface RoutableQueue {
  readonly isFull: boolean;
  readonly whenFull: "block" | "reject" | "rejectElseDrop" | "dropNewest" | "dropOldest";
  /** The message was left out for want of room, or refused. */
  missed(message: Message, isRefused?: boolean): void;
}

/** A receiver's claim on messages, as the trie holds it. */
export interface Subscription<Q> {
  readonly receiver: Receiver<Q>;
  readonly topicFilter: TopicFilter;
  /** Often shared with other subscriptions. Retained messages that are there already are none of the router's business. */
  readonly options: Omit<SubscriptionOptions, "retainHandling">;
}

/** Finds subscriptions that no topic filter can say: bindings of AMQP exchanges. */
export interface SubscriptionSource<Q> {
  /**
   * Appends what matches the topic; the answer may only depend on the topic and is remembered until `sourceChanged`.
   * As few objects as there are receivers: something is kept for each until then.
   */
  match(topicName: TopicName, matches: Subscription<Q>[]): void;
}

/** Who must durably get a message. */
export interface RoutedTarget<Q> {
  readonly queue: Q;
  readonly delivery: Delivery;
}

/** By published QoS. */
type Deliveries = readonly [Delivery, Delivery, Delivery];

/** All subscriptions of one receiver that match one topic, merged: the message goes out once (MQTT 5 §3.3.4). */
interface Step<Q> {
  readonly receiver: Receiver<Q>;
  readonly subscriptions: readonly Subscription<Q>[];
  readonly hasNoLocal: boolean;
  /** RETAIN cleared. */
  readonly deliveries: Deliveries;
  /** For messages published with RETAIN. */
  readonly retainDeliveries: Deliveries;
  /** The plan of all topics that nobody else gets, made when the first one comes. */
  alone: Plan<Q> | undefined;
}

/** The receivers of one topic, or of several topics that have the same. */
interface Plan<Q> {
  readonly steps: readonly Step<Q>[];
  readonly mayRefuse: readonly Step<Q>[];
  /** What it costs in memory, the topic's name left out: 1 is about 64 bytes. */
  readonly weight: number;
}

export interface Routed<Q> {
  /** Receivers the message matched, those that missed it included. */
  readonly matched: number;
  readonly targets: readonly RoutedTarget<Q>[];
}

/** Topics whose receivers are remembered, and what they may weigh. */
const CACHED_TOPICS = 10_000;
const CACHED_WEIGHT = 1_000_000;
/**
 * When there is no room, what is remembered stays until so many times as many other topics have passed by, and is
 * forgotten then: topics that come only once do not drive out others, and cost little themselves.
 */
const PASSED_BY_PER_TOPIC = 8;
/** A step that several subscriptions make is the plan's own; one that a single subscription makes is shared by all. */
const OWN_STEP_WEIGHT = 12;
const CHARACTERS_PER_WEIGHT = 64;
/** By granted QoS, without identifiers: nearly all subscriptions share these, which are in the cache when a message comes. */
const CLEARED = [toDeliveries(0, false, []), toDeliveries(1, false, []), toDeliveries(2, false, [])] as const;
const RETAINED = [toDeliveries(0, true, []), toDeliveries(1, true, []), toDeliveries(2, true, [])] as const;
const NOBODY: Routed<never> = { matched: 0, targets: [] };
const NO_STEPS: Plan<never> = { steps: [], mayRefuse: [], weight: 1 };

/**
 * From a published message to its receivers. Matches are remembered by topic until a subscription changes; a topic
 * that only one subscription matches, or none, allocates no plan of its own.
 */
export class Router<Q extends RoutableQueue> {
  readonly #trie = new TopicTrie<Subscription<Q>>();
  readonly #plans = new Map<TopicName, Plan<Q>>();
  #plansWeight = 0;
  /** Topics for whose plan there was no room. */
  #passedBy = 0;
  /** The last of them: a message may ask for its plan twice. */
  #latestTopic: TopicName | "" = "";
  #latestPlan: Plan<Q> = NO_STEPS;
  /** The steps that single subscriptions make. */
  readonly #steps = new Map<Subscription<Q>, Step<Q>>();
  readonly #matches: Subscription<Q>[] = [];
  #source: SubscriptionSource<Q> | undefined;

  get subscriptionCount(): number {
    return this.#trie.size;
  }

  /** Replaces the receiver's subscription to the same filter. */
  subscribe(subscription: Subscription<Q>): void {
    this.#forget(this.#trie.add(subscription));
  }

  unsubscribe(receiver: Receiver<Q>, topicFilter: TopicFilter): void {
    this.#forget(this.#trie.remove(topicFilter, receiver));
  }

  /** Asks `source` too from now on. */
  useSource(source: SubscriptionSource<Q>): void {
    this.#source = source;
    this.sourceChanged();
  }

  /** The source would answer differently now. */
  sourceChanged(): void {
    this.#steps.clear(); // of subscriptions that are gone, too
    this.#forgetPlans();
  }

  /**
   * A queue that has no room and does not want to go without the message; undefined when it may be routed.
   * `canBeTold`: the publisher's protocol has a word for a refusal.
   */
  refusedBy(message: Message, canBeTold = true): Q | undefined {
    for (const matched of this.#planOf(message.topicName).mayRefuse) {
      const step = stepFor(matched, message);
      const queue = step?.receiver.queueFor(message, deliveryOf(step, message).qos);
      if (queue === undefined || !queue.isFull || !refuses(queue, canBeTold)) continue;
      if (queue.whenFull === "rejectElseDrop") queue.missed(message, true);
      return queue;
    }
    return undefined;
  }

  /** hot: hands the message to those who need no durable copy, and returns those who do; `except` are left out. */
  route(message: Message, except?: ReadonlySet<Receiver<Q>>): Routed<Q> {
    const plan = this.#planOf(message.topicName).steps;
    if (plan.length === 0) return NOBODY;
    let targets: RoutedTarget<Q>[] | undefined;
    let matched = 0;
    for (let i = 0; i < plan.length; i++) {
      const step = stepFor(plan[i] as Step<Q>, message);
      if (step === undefined || except?.has(step.receiver)) continue;
      matched++;
      const delivery = deliveryOf(step, message);
      const queue = step.receiver.queueFor(message, delivery.qos);
      if (queue === undefined) step.receiver.deliver(message, delivery);
      else if (queue.isFull) queue.missed(message);
      else if (targets === undefined) targets = [{ queue, delivery }];
      else targets.push({ queue, delivery });
    }
    return { matched, targets: targets ?? NOBODY.targets };
  }

  #planOf(topicName: TopicName): Plan<Q> {
    return this.#plans.get(topicName) ?? this.#unrememberedPlanOf(topicName);
  }

  #unrememberedPlanOf(topicName: TopicName): Plan<Q> {
    if (topicName === this.#latestTopic) return this.#latestPlan;
    const plan = this.#makePlan(topicName);
    this.#remember(topicName, plan);
    return plan;
  }

  #makePlan(topicName: TopicName): Plan<Q> {
    const matches = this.#matches;
    this.#trie.match(topicName, matches);
    this.#source?.match(topicName, matches);
    if (matches.length > 1) return this.#mergedPlan();
    const subscription = matches.pop();
    if (subscription === undefined) return NO_STEPS;
    const step = this.#stepOf(subscription);
    step.alone ??= toPlan([step], 1);
    return step.alone;
  }

  #mergedPlan(): Plan<Q> {
    const steps: Step<Q>[] = [];
    let weight = 1;
    for (const [receiver, subscriptions] of this.#takeMatchesByReceiver()) {
      const isShared = subscriptions.length === 1;
      steps.push(
        isShared ? this.#stepOf(subscriptions[0] as Subscription<Q>) : toStep(receiver, subscriptions),
      );
      weight += isShared ? 1 : OWN_STEP_WEIGHT + subscriptions.length;
    }
    return toPlan(steps, weight);
  }

  #takeMatchesByReceiver(): Map<Receiver<Q>, Subscription<Q>[]> {
    const byReceiver = new Map<Receiver<Q>, Subscription<Q>[]>();
    for (const subscription of this.#matches) {
      const known = byReceiver.get(subscription.receiver);
      if (known === undefined) byReceiver.set(subscription.receiver, [subscription]);
      else known.push(subscription);
    }
    this.#matches.length = 0; // keeps no subscription alive
    return byReceiver;
  }

  #stepOf(subscription: Subscription<Q>): Step<Q> {
    const known = this.#steps.get(subscription);
    if (known !== undefined) return known;
    const step = toStep(subscription.receiver, [subscription]);
    this.#steps.set(subscription, step);
    return step;
  }

  #remember(topicName: TopicName, plan: Plan<Q>): void {
    const weight = plan.weight + topicName.length / CHARACTERS_PER_WEIGHT;
    if (this.#plans.size >= CACHED_TOPICS || this.#plansWeight + weight > CACHED_WEIGHT) {
      if (this.#passedBy < this.#plans.size * PASSED_BY_PER_TOPIC) {
        this.#passedBy++;
        this.#latestTopic = topicName;
        this.#latestPlan = plan;
        return;
      }
      this.#forgetPlans();
    }
    this.#plans.set(topicName, plan);
    this.#plansWeight += weight;
  }

  /** A subscription is gone, if there was one, and what was remembered is no longer right. */
  #forget(gone: Subscription<Q> | undefined): void {
    if (gone !== undefined) this.#steps.delete(gone);
    this.#forgetPlans();
  }

  #forgetPlans(): void {
    this.#passedBy = 0;
    this.#latestTopic = "";
    this.#latestPlan = NO_STEPS;
    if (this.#plans.size === 0) return; // `clear` makes a new table each time
    this.#plans.clear();
    this.#plansWeight = 0;
  }
}

function toPlan<Q>(steps: readonly Step<Q>[], weight: number): Plan<Q> {
  return { steps, mayRefuse: steps.filter((step) => step.receiver.mayRefuse), weight };
}

function refuses({ whenFull }: RoutableQueue, canBeTold: boolean): boolean {
  return whenFull === "block" || whenFull === "reject" || (whenFull === "rejectElseDrop" && canBeTold);
}

/** The step without its No Local subscriptions when the receiver published the message itself [MQTT-3.8.3-3]. */
function stepFor<Q>(step: Step<Q>, message: Message): Step<Q> | undefined {
  if (!step.hasNoLocal || step.receiver.id !== message.publisherId) return step;
  const others = step.subscriptions.filter(({ options }) => !options.noLocal);
  return others.length === 0 ? undefined : toStep(step.receiver, others);
}

function deliveryOf<Q>(step: Step<Q>, message: Message): Delivery {
  return (message.retain ? step.retainDeliveries : step.deliveries)[message.qos];
}

function toStep<Q>(receiver: Receiver<Q>, subscriptions: readonly Subscription<Q>[]): Step<Q> {
  let granted: QoS = 0;
  const identifiers: number[] = [];
  let retainAsPublished = false;
  for (const { options } of subscriptions) {
    if (options.qos > granted) granted = options.qos; // the highest of them [MQTT-3.3.4-2]
    if (options.subscriptionIdentifier > 0) identifiers.push(options.subscriptionIdentifier);
    retainAsPublished ||= options.retainAsPublished;
  }
  return {
    receiver,
    subscriptions,
    hasNoLocal: subscriptions.some(({ options }) => options.noLocal),
    deliveries: deliveriesOf(granted, false, identifiers), // [MQTT-3.3.1-12]
    retainDeliveries: deliveriesOf(granted, retainAsPublished, identifiers), // [MQTT-3.3.1-13]
    alone: undefined,
  };
}

function deliveriesOf(granted: QoS, retain: boolean, identifiers: readonly number[]): Deliveries {
  return identifiers.length === 0
    ? (retain ? RETAINED : CLEARED)[granted]
    : toDeliveries(granted, retain, identifiers);
}

function toDeliveries(granted: QoS, retain: boolean, subscriptionIdentifiers: readonly number[]): Deliveries {
  return [
    { qos: 0, retain, subscriptionIdentifiers },
    { qos: lowerQoS(1, granted), retain, subscriptionIdentifiers },
    { qos: lowerQoS(2, granted), retain, subscriptionIdentifiers },
  ];
}
