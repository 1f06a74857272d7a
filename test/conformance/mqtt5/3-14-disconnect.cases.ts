import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

export const disconnectCases: readonly ReadCase[] = [
  {
    name: "an empty DISCONNECT is a normal one (MQTT 5 §3.14.2.1)",
    bytes: "e0 00",
    expected: { type: 14, reasonCode: 0, sessionExpiryInterval: undefined, reasonString: undefined },
  },
  {
    name: "a Reason Code may stand without properties (MQTT 5 §3.14.2.2.1)",
    bytes: "e0 01 04",
    expected: { reasonCode: ReasonCode.DisconnectWithWillMessage },
  },
  {
    name: "Session Expiry Interval and Reason String are read (MQTT 5 §3.14.2.2)",
    bytes: "e0 0c 00 0a 11 0000003c 1f 0002 6f6b",
    expected: { reasonCode: 0, sessionExpiryInterval: 60, reasonString: "ok" },
  },
  {
    name: "a Reason Code that only servers send is a protocol error [MQTT-3.14.2-1]",
    bytes: "e0 01 8e",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Server Reference from a client is malformed (MQTT 5 §2.2.2.2)",
    bytes: "e0 06 00 04 1c 0001 61",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "bytes behind the properties are malformed",
    bytes: "e0 03 00 00 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "an empty AUTH means Success (MQTT 5 §3.15.2.1)",
    bytes: "f0 00",
    expected: { type: 15, reasonCode: 0, authenticationMethod: undefined, authenticationData: undefined },
  },
  {
    name: "AUTH with method and data is read (MQTT 5 §3.15.2.2)",
    bytes: "f0 0a 18 08 15 0001 6d 16 0001 ff",
    expected: { type: 15, reasonCode: 0x18, authenticationMethod: "m", authenticationData: Buffer.of(0xff) },
  },
  {
    name: "another Reason Code in AUTH is a protocol error [MQTT-3.15.2-1]",
    bytes: "f0 02 80 00",
    expected: ReasonCode.ProtocolError,
  },
];
