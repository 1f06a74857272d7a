import type { TopicFilter } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import { lowerQoS } from "../../base/qos.ts";
import type { SubscriptionOptions } from "../../base/subscription-options.ts";
import type { MqttPorts, RetainedWalk } from "../ports.ts";
import type { Session, SessionLink } from "../session/session.ts";

const SLICE_MESSAGES = 64;
/** A receiver with more than this waiting is asked again later. */
const WAITING_MESSAGES = 1024;
const WAITING_BYTES = 4 * 1024 * 1024;
const ASK_AGAIN_MS = 10;
/** Until the store is asked again that could not read. */
const READ_AGAIN_MS = 1000;
/** With more subscriptions than this to serve a client is not read; one SUBSCRIBE may exceed it. */
const OWED_REPLAYS = 1024;

/**
 * Sends one connection the retained messages that match its new subscriptions: one subscription after the other, a
 * slice per turn of the event loop, no faster than the client takes them. A subscription that has ended is left out.
 */
export class RetainedReplays {
  readonly #session: Session;
  readonly #link: SessionLink | undefined;
  readonly #ports: MqttPorts;
  readonly #whenRoom: () => void;
  /** One list per SUBSCRIBE; of the first one, what stands before `#next` has been served. */
  readonly #waiting: (readonly TopicFilter[])[] = [];
  #next = 0;
  #walk: RetainedWalk | undefined;
  /** Promised with `expect` and not finished. */
  #owed = 0;
  #wasFull = false;

  constructor(session: Session, ports: MqttPorts, whenRoom: () => void) {
    this.#session = session;
    this.#link = session.link;
    this.#ports = ports;
    this.#whenRoom = whenRoom;
  }

  get isFull(): boolean {
    return this.#owed > OWED_REPLAYS;
  }

  /** So many will be started once SUBACK may leave. */
  expect(count: number): void {
    this.#owed += count;
    if (this.isFull) this.#wasFull = true;
  }

  /** The retained messages that match these are sent as the client has subscribed to them then. */
  start(topicFilters: readonly TopicFilter[]): void {
    if (topicFilters.length === 0) return;
    this.#waiting.push(topicFilters);
    if (this.#waiting.length === 1) this.#step();
  }

  readonly #step = (): void => {
    const topicFilter = this.#waiting[0]?.[this.#next];
    if (topicFilter === undefined || this.#link === undefined || this.#session.link !== this.#link) return;
    if (!this.#link.isWritable || this.#isBacklogged) {
      this.#ports.clock.after(ASK_AGAIN_MS, this.#step);
      return;
    }
    if (this.#sendSlice(topicFilter)) this.#finished();
    const loading = this.#walk?.loading;
    if (loading !== undefined) loading.then(this.#step, this.#stepLater);
    else if (this.#waiting.length > 0) setImmediate(this.#step);
  };

  readonly #stepLater = (error: unknown): void => {
    const clientId = this.#session.id;
    this.#ports.logger.warn(
      { err: error, clientId },
      "retained messages could not be read; they are read again",
    );
    this.#ports.clock.after(READ_AGAIN_MS, this.#step);
  };

  get #isBacklogged(): boolean {
    return this.#session.queuedMessages > WAITING_MESSAGES || this.#session.queuedBytes > WAITING_BYTES;
  }

  /** Returns whether that was the last one. */
  #sendSlice(topicFilter: TopicFilter): boolean {
    const options = this.#session.subscriptions.get(topicFilter);
    if (options === undefined) return true;
    this.#walk ??= this.#ports.routing.retained(topicFilter);
    const now = this.#ports.clock.now();
    for (const message of this.#walk.next(SLICE_MESSAGES)) {
      if (message.expiresAt === 0 || message.expiresAt > now) this.#sendOne(message, options);
    }
    return this.#walk.isDone;
  }

  #sendOne(message: Message, { qos, subscriptionIdentifier }: SubscriptionOptions): void {
    this.#ports.routing.deliverTo(this.#session, message, {
      qos: lowerQoS(message.qos, qos),
      retain: true, // MQTT 5 §3.3.1.3, [MQTT3-3.3.1-8]
      subscriptionIdentifiers: subscriptionIdentifier === 0 ? [] : [subscriptionIdentifier],
    });
  }

  #finished(): void {
    this.#walk = undefined;
    this.#owed--;
    this.#next++;
    if (this.#next === this.#waiting[0]?.length) {
      this.#waiting.shift();
      this.#next = 0;
    }
    if (!this.#wasFull || this.#owed * 2 > OWED_REPLAYS) return;
    this.#wasFull = false;
    this.#whenRoom();
  }
}
