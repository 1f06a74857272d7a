import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

const MQTT311 = "0004 4d515454 04";

export const connect311Cases: readonly ReadCase[] = [
  {
    name: "a clean session ends with its connection [MQTT3-3.1.2-6]",
    bytes: `10 0d ${MQTT311} 02 003c 0001 63`,
    expected: {
      protocolVersion: 4,
      clientId: "c",
      cleanStart: true,
      keepAlive: 60,
      sessionExpiryInterval: 0,
      receiveMaximum: 65535,
      userProperties: [],
    },
  },
  {
    name: "a session that is not clean never expires by itself [MQTT3-3.1.2-5]",
    bytes: `10 0d ${MQTT311} 00 0000 0001 63`,
    expected: { cleanStart: false, sessionExpiryInterval: 0xffffffff },
  },
  {
    name: "an empty client id without clean session is left to the handler [MQTT3-3.1.3-8]",
    bytes: `10 0c ${MQTT311} 00 0000 0000`,
    expected: { clientId: "", cleanStart: false },
  },
  {
    name: "MQTT 3.1 has its own protocol name",
    bytes: "10 0f 0006 4d5149736470 03 02 0000 0001 63",
    expected: { protocolVersion: 3, clientId: "c" },
  },
  {
    name: "will, username and password are read [MQTT3-3.1.3-1]",
    bytes: `10 18 ${MQTT311} ee 0000 0001 63 0001 77 0000 0001 75 0001 70`,
    expected: {
      clientId: "c",
      username: "u",
      password: Buffer.from("p"),
      will: {
        topicName: "w",
        payload: Buffer.alloc(0),
        qos: 1,
        retain: true,
        willDelayInterval: 0,
        messageExpiryInterval: undefined,
        properties: undefined,
      },
    },
  },
  {
    name: "a password needs a username [MQTT3-3.1.2-22]",
    bytes: `10 0f ${MQTT311} 42 0000 0000 0001 70`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "the reserved connect flag must be 0 [MQTT3-3.1.2-3]",
    bytes: `10 0c ${MQTT311} 03 0000 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "the name of MQTT 3.1 with the level of 3.1.1 is unsupported [MQTT3-3.1.2-2]",
    bytes: "10 0e 0006 4d5149736470 04 02 0000 0000",
    expected: ReasonCode.UnsupportedProtocolVersion,
  },
];
