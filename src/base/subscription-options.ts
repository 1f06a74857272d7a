import type { QoS } from "./qos.ts";

/** What a subscriber asked for with a topic filter (MQTT 5 §3.8.3.1). */
export interface SubscriptionOptions {
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** 0 = none. */
  readonly subscriptionIdentifier: number;
}

/** Without an identifier there are 36 different ones. */
const known = new Map<number, SubscriptionOptions>();

/** One object for all who ask the same without an identifier: there may be a million subscriptions. */
export function sharedOptions(options: SubscriptionOptions): SubscriptionOptions {
  if (options.subscriptionIdentifier !== 0) return options;
  const { qos, noLocal, retainAsPublished, retainHandling } = options;
  const key = qos | (Number(noLocal) << 2) | (Number(retainAsPublished) << 3) | (retainHandling << 4);
  const shared = known.get(key);
  if (shared === undefined) known.set(key, options);
  return shared ?? options;
}
