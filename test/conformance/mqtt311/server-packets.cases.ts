import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { WriteCase } from "../packet-case.ts";

function refusal(name: string, reasonCode: ReasonCode, returnCode: string): WriteCase {
  return {
    name,
    packet: { type: 2, sessionPresent: true, reasonCode, properties: { reasonString: "not sent" } },
    bytes: `20 02 00 ${returnCode}`,
  };
}

/** Table 3.1 of MQTT 3.1.1: the return codes of CONNACK. */
export const server311Cases: readonly WriteCase[] = [
  {
    name: "CONNACK of a resumed session [MQTT3-3.2.2-2]",
    packet: { type: 2, sessionPresent: true, reasonCode: ReasonCode.Success, properties: undefined },
    bytes: "20 02 01 00",
  },
  refusal("an unsupported version is return code 1", ReasonCode.UnsupportedProtocolVersion, "01"),
  refusal("a client id that is not valid is return code 2", ReasonCode.ClientIdentifierNotValid, "02"),
  refusal("an unavailable server is return code 3", ReasonCode.ServerUnavailable, "03"),
  refusal("a busy server is return code 3", ReasonCode.ServerBusy, "03"),
  refusal("a wrong password is return code 4", ReasonCode.BadUserNameOrPassword, "04"),
  refusal(
    "not authorized is return code 5 and never Session Present [MQTT3-3.2.2-4]",
    ReasonCode.NotAuthorized,
    "05",
  ),
  {
    name: "SUBACK says 0x80 for every failure [MQTT3-3.9.3-2]",
    packet: {
      type: 9,
      packetId: 7,
      reasonCodes: [ReasonCode.GrantedQoS1, ReasonCode.NotAuthorized],
      reasonString: "not sent",
    },
    bytes: "90 04 0007 01 80",
  },
  {
    name: "UNSUBACK has no Reason Codes",
    packet: { type: 11, packetId: 7, reasonCodes: [ReasonCode.NoSubscriptionExisted] },
    bytes: "b0 02 0007",
  },
];
