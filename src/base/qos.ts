/** How hard a delivery is tried (MQTT 5 §4.3). */
export const QoS = { AtMostOnce: 0, AtLeastOnce: 1, ExactlyOnce: 2 } as const;
export type QoS = (typeof QoS)[keyof typeof QoS];

/** The lower of two QoS: a subscription never gets more than it was granted [MQTT-3.8.4-8]. */
export function lowerQoS(a: QoS, b: QoS): QoS {
  return a < b ? a : b;
}
