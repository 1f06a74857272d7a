import type { BrokerConfig } from "../config/broker-config.ts";
import type { Authorization } from "../mqtt/ports.ts";

/** Who may connect, and what they may do. */
export async function openAuthorization({ anonymous }: BrokerConfig["auth"]): Promise<Authorization> {
  return {
    hasRules: false,
    authenticate: ({ isLoopback }) =>
      anonymous === "always" || (anonymous === "loopback" && isLoopback)
        ? { accepted: true, user: "" }
        : { accepted: false, reason: "notAuthorized" },
    mayPublish: () => true,
    maySubscribe: () => true,
    mayReceive: () => true,
  };
}
