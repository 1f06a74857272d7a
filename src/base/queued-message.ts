import type { Message } from "./message.ts";
import type { QoS } from "./qos.ts";

/** What a subscription adds to a message on its way to one receiver. */
export interface Delivery {
  /** Granted: the lower of published and subscribed. */
  readonly qos: QoS;
  /** RETAIN as the receiver will see it. */
  readonly retain: boolean;
  /** Subscription identifiers of all matching subscriptions (MQTT 5 §3.3.4); a bridge's mapping numbers. */
  readonly subscriptionIdentifiers: readonly number[];
}

/** A message as it stands in one queue. */
export interface QueuedMessage {
  /** Position in its queue: a safe integer that grows by one and is never used again. */
  readonly seq: number;
  /** Undefined once PUBREC came: only the PUBREL handshake is left. */
  readonly message: Message | undefined;
  readonly delivery: Delivery;
}
