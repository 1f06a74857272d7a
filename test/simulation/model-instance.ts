import type { QoS } from "../../src/base/qos.ts";
import type { SentMessage } from "./sent-message.ts";

export interface SubscriptionTerms {
  readonly qos: QoS;
  readonly noLocal: boolean;
}

/** One claim of a session, from the SUBSCRIBE that began it to the UNSUBACK that ended it, as moments. */
export interface ModelSubscription {
  readonly topicFilter: string;
  /** All that were asked for, as long as it lasts. */
  readonly terms: SubscriptionTerms[];
  readonly requestedAt: number;
  /** 0 = SUBACK has not left the broker. */
  grantedAt: number;
  /** 0 = UNSUBSCRIBE was not sent. */
  unsubscribedAt: number;
  /** 0 = UNSUBACK has not come. */
  goneAt: number;
}

interface Reception {
  /** Deliveries that were no repeats in the eyes of the client. */
  withQoS2: number;
  withoutDup: number;
}

/** One session of a client id from its beginning to its end: what it may and must get. */
export class ModelInstance {
  readonly subscriptions: ModelSubscription[] = [];
  /** Acknowledged to their publishers, matched, not delivered yet. */
  readonly owed = new Set<SentMessage>();
  /** The broker has written these at least once. */
  readonly written = new Set<string>();
  /** These as well, and not as retained messages. */
  readonly writtenWithQoS2 = new Set<string>();
  /** Its queue may go without messages. */
  readonly #mayMiss: boolean;
  readonly #received = new Map<string, Reception>();
  readonly #lastNumbers = new Map<string, number>();

  constructor(mayMiss: boolean) {
    this.#mayMiss = mayMiss;
  }

  /** The claim on this filter that nobody has asked to end. */
  current(topicFilter: string): ModelSubscription | undefined {
    return this.subscriptions.find((one) => one.topicFilter === topicFilter && one.unsubscribedAt === 0);
  }

  /** It was acknowledged now; `routedFrom` is the earliest moment it may have been matched. */
  acknowledged(message: SentMessage, clientId: string, routedFrom: number): boolean {
    const isOwed = this.subscriptions.some(
      ({ topicFilter, grantedAt, unsubscribedAt, terms }) =>
        grantedAt > 0 &&
        grantedAt < routedFrom &&
        unsubscribedAt === 0 &&
        terms.every(({ qos, noLocal }) => qos > 0 && !(noLocal && message.publisherId === clientId)) &&
        matches(topicFilter, message.topic),
    );
    if (isOwed && !this.#received.has(message.id)) this.owed.add(message);
    return isOwed;
  }

  /** Terms under which a message may come to the session. */
  termsFor(message: SentMessage, clientId: string, isReplay: boolean): SubscriptionTerms[] {
    return this.subscriptions
      .filter(
        ({ topicFilter, requestedAt, goneAt }) =>
          matches(topicFilter, message.topic) &&
          (goneAt === 0 || message.madeAt < goneAt) &&
          (isReplay || message.closedAt === 0 || message.closedAt > requestedAt),
      )
      .flatMap(({ terms }) => terms)
      .filter(({ noLocal }) => isReplay || !noLocal || message.publisherId !== clientId);
  }

  /** The client's application got it. Returns what is wrong with that. */
  received(message: SentMessage, qos: QoS, isDup: boolean, crashes: number): string | undefined {
    const known = this.#received.get(message.id);
    const reception = known ?? { withQoS2: 0, withoutDup: 0 };
    this.#received.set(message.id, reception);
    if (qos === 2) reception.withQoS2++;
    if (!isDup) reception.withoutDup++;
    this.owed.delete(message);
    if (reception.withQoS2 > 1) return "is delivered twice with QoS 2";
    const copies = message.qos === 1 ? Math.max(1, message.arrivals) : 1;
    if (reception.withoutDup > copies + crashes) return "is delivered again without DUP";
    return known === undefined && !this.#hasLostItsPlace(message, qos, crashes)
      ? this.#checkOrder(message, qos)
      : undefined;
  }

  /** It was sent again, and the first time it was not for this session, or was left out; or expired, and a crash undid that. */
  #hasLostItsPlace(message: SentMessage, qos: QoS, crashes: number): boolean {
    const { arrivals, firstArrivedAt, topic, expiryMs } = message;
    if (expiryMs > 0 && arrivals + crashes > 1) return true;
    if (arrivals < 2) return false;
    if (qos === 0 || this.#mayMiss) return true;
    return !this.subscriptions.some(
      ({ topicFilter, grantedAt, terms }) =>
        grantedAt > 0 &&
        grantedAt < firstArrivedAt &&
        terms.length === 1 &&
        terms[0]?.qos !== 0 &&
        matches(topicFilter, topic),
    );
  }

  #checkOrder(message: SentMessage, deliveredQoS: QoS): string | undefined {
    const { publisherId, topic, qos, number } = message;
    if (!message.isOrdered) return undefined;
    const key = `${publisherId} ${topic} ${qos} ${deliveredQoS}`;
    const last = this.#lastNumbers.get(key) ?? 0;
    if (number < last) return `is delivered for the first time after number ${last}`;
    this.#lastNumbers.set(key, number);
    return undefined;
  }
}

/** MQTT 5 §4.7, in the plainest way. */
export function matches(topicFilter: string, topic: string): boolean {
  const wanted = topicFilter.split("/");
  const levels = topic.split("/");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === "#") return true;
    if (levels[i] === undefined || (wanted[i] !== "+" && wanted[i] !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
