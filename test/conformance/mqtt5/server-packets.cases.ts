import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { WriteCase } from "../packet-case.ts";

export const serverCases: readonly WriteCase[] = [
  {
    name: "CONNACK without properties",
    packet: { type: 2, sessionPresent: true, reasonCode: ReasonCode.Success, properties: undefined },
    bytes: "20 03 01 00 00",
  },
  {
    name: "CONNACK of a refusal has Session Present 0 [MQTT-3.2.2-6]",
    packet: { type: 2, sessionPresent: true, reasonCode: ReasonCode.NotAuthorized, properties: undefined },
    bytes: "20 03 00 87 00",
  },
  {
    name: "CONNACK with properties leaves out what is undefined",
    packet: {
      type: 2,
      sessionPresent: false,
      reasonCode: ReasonCode.Success,
      properties: {
        sessionExpiryInterval: undefined,
        receiveMaximum: 1024,
        maximumQoS: 1,
        retainAvailable: false,
        maximumPacketSize: 1048576,
        assignedClientIdentifier: "id",
        topicAliasMaximum: 64,
        sharedSubscriptionAvailable: true,
        serverKeepAlive: 60,
        userProperties: [],
      },
    },
    bytes: "20 1c 00 00 19 21 0400 24 01 25 00 27 00100000 12 0002 6964 22 0040 2a 01 13 003c",
  },
  {
    name: "CONNACK takes user properties of any name",
    packet: {
      type: 2,
      sessionPresent: false,
      reasonCode: ReasonCode.Success,
      properties: {
        userProperties: [
          ["__proto__", "a"],
          ["x", "1"],
          ["x", "2"],
        ],
      },
    },
    bytes: "20 20 00 00 1d 26 0009 5f5f70726f746f5f5f 0001 61 26 0001 78 0001 31 26 0001 78 0001 32",
  },
  {
    name: "SUBACK has one Reason Code per Topic Filter [MQTT-3.9.3-1]",
    packet: {
      type: 9,
      packetId: 7,
      reasonCodes: [ReasonCode.GrantedQoS2, ReasonCode.NotAuthorized],
      reasonString: undefined,
    },
    bytes: "90 05 0007 00 02 87",
  },
  {
    name: "SUBACK with a Reason String",
    packet: { type: 9, packetId: 7, reasonCodes: [ReasonCode.QuotaExceeded], reasonString: "no" },
    bytes: "90 09 0007 05 1f 0002 6e6f 97",
  },
  {
    name: "UNSUBACK has one Reason Code per Topic Filter [MQTT-3.11.3-1]",
    packet: { type: 11, packetId: 258, reasonCodes: [ReasonCode.Success, ReasonCode.NoSubscriptionExisted] },
    bytes: "b0 05 0102 00 00 11",
  },
  {
    name: "DISCONNECT says why (MQTT 5 §3.14.2.1)",
    packet: {
      type: 14,
      reasonCode: ReasonCode.SessionTakenOver,
      sessionExpiryInterval: undefined,
      reasonString: undefined,
    },
    bytes: "e0 02 8e 00",
  },
  {
    name: "DISCONNECT with a Reason String",
    packet: {
      type: 14,
      reasonCode: ReasonCode.ProtocolError,
      sessionExpiryInterval: undefined,
      reasonString: "x",
    },
    bytes: "e0 06 82 04 1f 0001 78",
  },
  {
    name: "AUTH asks for more with its method and data [MQTT-4.12.0-2], [MQTT-4.12.0-5]",
    packet: {
      type: 15,
      reasonCode: ReasonCode.ContinueAuthentication,
      authenticationMethod: "m",
      authenticationData: Buffer.of(0xff),
    },
    bytes: "f0 0a 18 08 15 0001 6d 16 0001 ff",
  },
  {
    name: "AUTH with Success ends a re-authentication (MQTT 5 §4.12.1)",
    packet: {
      type: 15,
      reasonCode: ReasonCode.Success,
      authenticationMethod: "m",
      authenticationData: undefined,
    },
    bytes: "f0 06 00 04 15 0001 6d",
  },
  {
    name: "CONNACK repeats the method and carries its last data [MQTT-4.12.0-5]",
    packet: {
      type: 2,
      sessionPresent: false,
      reasonCode: ReasonCode.Success,
      properties: { authenticationMethod: "m", authenticationData: Buffer.of(0xff) },
    },
    bytes: "20 0b 00 00 08 15 0001 6d 16 0001 ff",
  },
];
