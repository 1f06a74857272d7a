import type { TopicFilter } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import { lowerQoS } from "../../base/qos.ts";
import type { MqttPorts, RetainedWalk, SubscriptionOptions } from "../ports.ts";
import type { Session } from "../session/session.ts";

const SLICE_MESSAGES = 64;
/** A receiver with more than this waiting is asked again later. */
const WAITING_MESSAGES = 1024;
const ASK_AGAIN_MS = 10;

/**
 * Sends the retained messages that match a new subscription, a slice per turn of the event loop, no faster than the
 * client takes them. Ends when the subscription or the connection does.
 */
export function replayRetained(
  session: Session,
  topicFilter: TopicFilter,
  options: SubscriptionOptions,
  ports: MqttPorts,
): void {
  const walk = ports.routing.retained(topicFilter);
  const link = session.link;
  const step = (): void => {
    if (link === undefined || session.link !== link || !session.hasSubscription(topicFilter)) return;
    if (!link.isWritable || session.queuedMessages > WAITING_MESSAGES) {
      ports.clock.after(ASK_AGAIN_MS, step);
      return;
    }
    sendSlice(session, walk, options, ports);
    if (!walk.isDone) setImmediate(step);
  };
  step();
}

function sendSlice(
  session: Session,
  walk: RetainedWalk,
  options: SubscriptionOptions,
  ports: MqttPorts,
): void {
  const now = ports.clock.now();
  for (const message of walk.next(SLICE_MESSAGES)) {
    if (message.expiresAt === 0 || message.expiresAt > now) sendOne(session, message, options, ports);
  }
}

function sendOne(session: Session, message: Message, options: SubscriptionOptions, ports: MqttPorts): void {
  const { subscriptionIdentifier } = options;
  ports.routing.deliverTo(session, message, {
    qos: lowerQoS(message.qos, options.qos),
    retain: true, // [MQTT-3.3.1-8]
    subscriptionIdentifiers: subscriptionIdentifier === 0 ? [] : [subscriptionIdentifier],
  });
}
