import type { Limit } from "../base/counters.ts";
import { BrokerError } from "../base/errors.ts";
import type { ReasonCode } from "./reason-code.ts";

/** A numbered statement of MQTT 5 ("MQTT-3.3.2-8") or of 3.1.1 ("MQTT3-3.1.2-24"). */
export type Clause = `MQTT${"" | "3"}-${number}.${number}.${number}-${number}`;

/**
 * The peer broke the protocol: the connection ends with this Reason Code [MQTT-4.13.1-1].
 * An expected refusal (not authorized, quota exceeded) is a returned Reason Code, never an MqttError.
 */
export class MqttError extends BrokerError {
  readonly code = "MQTT_PROTOCOL";
  readonly reasonCode: ReasonCode;
  readonly clause: Clause | undefined;

  constructor(reasonCode: ReasonCode, detail: string, clause?: Clause) {
    super(clause ? `${detail} [${clause}]` : detail);
    this.reasonCode = reasonCode;
    this.clause = clause;
  }
}

/** The peer had more of something than it may have: ends the connection like broken protocol, and is counted by limit. */
export class LimitError extends MqttError {
  readonly limit: Limit;

  constructor(limit: Limit, reasonCode: ReasonCode, detail: string, clause?: Clause) {
    super(reasonCode, detail, clause);
    this.limit = limit;
  }
}
