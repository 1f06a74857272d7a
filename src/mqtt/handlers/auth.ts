import type { AuthPacket } from "../codec/packets.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";

/** What kind of AUTH a client may send now: an answer to ours, or the begin of a re-authentication. */
export type AwaitedAuth = typeof ReasonCode.ContinueAuthentication | typeof ReasonCode.ReAuthenticate;

/** There is nothing an AUTH could belong to. */
export function authWithoutMethod(): MqttError {
  return new MqttError(ReasonCode.ProtocolError, "AUTH without a method in CONNECT", "MQTT-4.12.0-7");
}

/** AUTH must fit where the authentication stands (MQTT 5 §4.12); `method` is that of CONNECT. */
export function checkAuth(
  { reasonCode, authenticationMethod }: AuthPacket,
  method: string,
  awaited: AwaitedAuth | undefined,
): void {
  if (authenticationMethod === undefined) {
    throw new MqttError(ReasonCode.ProtocolError, "AUTH without Authentication Method"); // MQTT 5 §3.15.2.2.2
  }
  if (authenticationMethod !== method) {
    const clause = reasonCode === ReasonCode.ReAuthenticate ? "MQTT-4.12.1-1" : "MQTT-4.12.0-5";
    throw new MqttError(ReasonCode.ProtocolError, "AUTH with another method than CONNECT", clause);
  }
  if (reasonCode === awaited) return;
  const clause = awaited === ReasonCode.ContinueAuthentication ? "MQTT-4.12.0-3" : undefined;
  throw new MqttError(ReasonCode.ProtocolError, `AUTH with Reason Code ${reasonCode} now`, clause);
}
