import type { TopicFilter } from "../../base/ids.ts";
import { lowerQoS } from "../../base/qos.ts";
import { isShared, parseShared } from "../../base/shared-filter.ts";
import { type SubscriptionOptions, sharedOptions } from "../../base/subscription-options.ts";
import { hasWildcard, toTopicFilter } from "../../base/topic-filter.ts";
import { levelCount } from "../../base/topic-name.ts";
import { PacketType, type SubscribePacket, type SubscriptionRequest } from "../codec/packets.ts";
import type { MqttOptions, MqttPorts } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import type { Client } from "./client.ts";

/** Subscribes, answers with one Reason Code per request when all is durable, then sends retained messages (MQTT 5 §3.8). */
export function handleSubscribe(
  client: Client,
  packet: SubscribePacket,
  ports: MqttPorts,
  options: MqttOptions,
): void {
  const { session } = client;
  const { packetId } = packet; // the packet itself is not kept until the answer
  const reasonCodes: ReasonCode[] = [];
  const replays: TopicFilter[] = [];
  const answer = new SubackWaiter(() => {
    const reasonString = client.wantsProblemInformation ? explain(reasonCodes) : undefined; // [MQTT-3.1.2-29]
    client.send({ type: PacketType.Suback, packetId, reasonCodes, reasonString });
    client.replays.start(replays);
  });
  for (const request of packet.subscriptions) {
    const topicFilter = toTopicFilter(request.topicFilter);
    const reasonCode =
      topicFilter === undefined
        ? ReasonCode.TopicFilterInvalid
        : refusal(client, topicFilter, ports, options);
    if (topicFilter === undefined || reasonCode !== ReasonCode.Success) {
      client.refused("subscribe", { topicFilter: request.topicFilter, reasonCode });
      reasonCodes.push(reasonCode);
      continue;
    }
    const granted = grant(request, packet.subscriptionIdentifier, options);
    const isNew = !session.subscriptions.has(topicFilter);
    if (wantsRetained(topicFilter, granted, isNew)) replays.push(topicFilter);
    if (session.stored === undefined) session.addRoute(topicFilter, granted);
    else ports.journal.subscribe(session.stored, topicFilter, granted, answer, answer.expect());
    reasonCodes.push(granted.qos);
  }
  client.replays.expect(replays.length);
  answer.ready();
}

/** [MQTT-3.3.1-9], [MQTT-3.3.1-10], [MQTT-3.3.1-11]; shared subscriptions get none (MQTT 5 §4.8.2). */
function wantsRetained(topicFilter: TopicFilter, options: SubscriptionOptions, isNew: boolean): boolean {
  if (isShared(topicFilter) || options.retainHandling === 2) return false;
  return options.retainHandling === 0 || isNew;
}

/** Shared subscriptions are granted QoS 1 at most: a message may have to go to another member. */
function grant(
  request: SubscriptionRequest,
  subscriptionIdentifier: number,
  options: MqttOptions,
): SubscriptionOptions {
  return sharedOptions({
    qos: lowerQoS(lowerQoS(request.qos, options.maximumQoS), isShared(request.topicFilter) ? 1 : 2),
    noLocal: request.noLocal,
    retainAsPublished: request.retainAsPublished,
    retainHandling: request.retainHandling,
    subscriptionIdentifier,
  });
}

function refusal(
  client: Client,
  topicFilter: TopicFilter,
  ports: MqttPorts,
  options: MqttOptions,
): ReasonCode {
  if (isShared(topicFilter)) {
    if (!options.sharedSubscriptionAvailable) return ReasonCode.SharedSubscriptionsNotSupported;
    const shared = parseShared(topicFilter);
    if (shared === undefined) return ReasonCode.TopicFilterInvalid;
    const { queueName } = shared;
    if (queueName !== undefined && !ports.routing.hasQueue(queueName)) {
      return ReasonCode.ImplementationSpecificError;
    }
  }
  if (levelCount(topicFilter) > options.maximumTopicLevels) {
    ports.counters.limitReached("topic_levels");
    return ReasonCode.TopicFilterInvalid;
  }
  if (!options.wildcardSubscriptionAvailable && hasWildcard(topicFilter)) {
    return ReasonCode.WildcardSubscriptionsNotSupported;
  }
  const { session } = client;
  const isFull = session.subscriptions.size >= options.maximumSubscriptionsPerClient;
  if (isFull && !session.subscriptions.has(topicFilter)) {
    ports.counters.limitReached("subscriptions");
    return ReasonCode.QuotaExceeded;
  }
  return ports.authorization.maySubscribe(client.identity, topicFilter)
    ? ReasonCode.Success
    : ReasonCode.NotAuthorized;
}

const REFUSALS: ReadonlyMap<ReasonCode, string> = new Map<ReasonCode, string>([
  [ReasonCode.NotAuthorized, "nothing that matches may be read by this client"],
  [ReasonCode.TopicFilterInvalid, "the topic filter is not valid or has too many levels"],
  [ReasonCode.QuotaExceeded, "the session has as many subscriptions as it may"],
  [ReasonCode.SharedSubscriptionsNotSupported, "shared subscriptions are not available"],
  [ReasonCode.ImplementationSpecificError, "there is no such queue"],
  [ReasonCode.WildcardSubscriptionsNotSupported, "wildcards are not available"],
]);

/** The refusals in words, each once; undefined when all was granted. */
function explain(reasonCodes: readonly ReasonCode[]): string | undefined {
  const reasons = new Set(reasonCodes.flatMap((reasonCode) => REFUSALS.get(reasonCode) ?? []));
  return reasons.size === 0 ? undefined : [...reasons].join("; ");
}

/** Runs `answer` once: when `ready` was called and every expected change is durable. */
export class SubackWaiter {
  readonly #answer: () => void;
  #outstanding = 1;

  constructor(answer: () => void) {
    this.#answer = answer;
  }

  expect(): number {
    return this.#outstanding++;
  }

  ready(): void {
    this.committed();
  }

  committed(): void {
    this.#outstanding--;
    if (this.#outstanding === 0) this.#answer();
  }
}
