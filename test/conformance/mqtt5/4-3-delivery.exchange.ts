import type { Exchange, Step } from "../exchange.ts";
import { connected, lasting, resumed, subscribed } from "./openings.ts";

const CLOCK: readonly Step[] = [
  ["clock", "sends", "10 0e 0004 'MQTT' 05 02 0001 00 0001 'z'"],
  ["clock", "gets", "20 .. 00 00 *"],
];
/** A Keep Alive of one second has run out: at least one and a half have passed. */
const CLOCK_RANG: readonly Step[] = [["clock", "gets", "e0 .. 8d *"]];

function puback(packetId: string): string {
  return `(40 02 ${packetId}|40 03 ${packetId} (00|10)|40 04 ${packetId} (00|10) 00)`;
}

function pubrec(packetId: string): string {
  return `(50 02 ${packetId}|50 03 ${packetId} (00|10)|50 04 ${packetId} (00|10) 00)`;
}

function pubrel(packetId: string): string {
  return `(62 02 ${packetId}|62 03 ${packetId} 00|62 04 ${packetId} 00 00)`;
}

function pubcomp(packetId: string): string {
  return `(70 02 ${packetId}|70 03 ${packetId} 00|70 04 ${packetId} 00 00)`;
}

export const deliveryExchanges: readonly Exchange[] = [
  {
    name: "QoS 0 is answered with nothing, QoS 1 with PUBACK, QoS 2 with PUBREC [MQTT-3.3.4-1], [MQTT-2.2.1-5]",
    steps: [
      ...connected("a"),
      ["a", "sends", "30 05 0001 't' 00 'x'"],
      ["a", "gets nothing"],
      ["a", "sends", "32 07 0001 't' 0102 00 'x'"],
      ["a", "gets", puback("0102")],
      ["a", "sends", "34 07 0001 't' 0103 00 'x'"],
      ["a", "gets", pubrec("0103")],
    ],
  },
  {
    name: "QoS 1 goes out with DUP 0 and an unused Packet Identifier [MQTT-4.3.2-1], [MQTT-4.3.2-2], [MQTT-2.2.1-4]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0001 00 '1' 32 07 0001 't' 0002 00 '2'"],
      ["a", "gets", "32 07 0001 't' <p> 00 '1'"],
      ["a", "gets", "32 07 0001 't' <q!p> 00 '2'"],
    ],
  },
  {
    name: "DUP going out does not depend on DUP coming in [MQTT-3.3.1-3]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "3a 07 0001 't' 0001 00 'x'"],
      ["a", "gets", "32 07 0001 't' <p> 00 'x'"],
    ],
  },
  {
    name: "QoS 1 without PUBACK comes again with DUP, its identifier and in order [MQTT-3.3.1-1], [MQTT-4.3.2-3], [MQTT-4.4.0-1], [MQTT-4.6.0-1]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0001 00 '1' 32 07 0001 't' 0002 00 '2'"],
      ["a", "gets", "32 07 0001 't' <p> 00 '1'"],
      ["a", "gets", "32 07 0001 't' <q!p> 00 '2'"],
      ["a", "vanishes"],
      ...resumed("aa", "a"),
      ["aa", "gets", "3a 07 0001 't' <p> 00 '1'"],
      ["aa", "gets", "3a 07 0001 't' <q> 00 '2'"],
      ["aa", "sends", "40 02 <p> 40 02 <q>"],
      ["aa", "gets nothing"],
    ],
  },
  {
    name: "after PUBACK the same Packet Identifier is a new message, whatever DUP says [MQTT-4.3.2-4], [MQTT-4.3.2-5]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "32 07 0001 't' 0009 00 '1'"],
      ["a", "gets", "30 05 0001 't' 00 '1'"],
      ["a", "gets", puback("0009")],
      ["a", "sends", "3a 07 0001 't' 0009 00 '1'"],
      ["a", "gets", "30 05 0001 't' 00 '1'"],
      ["a", "gets", puback("0009")],
    ],
  },
  {
    name: "a repeat before PUBREL gets PUBREC and is delivered once, after PUBCOMP it is new [MQTT-4.3.3-8], [MQTT-4.3.3-10], [MQTT-4.3.3-11], [MQTT-4.3.3-12]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "00"),
      ...connected("b"),
      ["b", "sends", "34 07 0001 't' 0009 00 '1'"],
      ["b", "gets", pubrec("0009")],
      ["b", "sends", "3c 07 0001 't' 0009 00 '1'"],
      ["b", "gets", pubrec("0009")],
      ["a", "gets", "30 05 0001 't' 00 '1'"],
      ["a", "gets nothing"],
      ["b", "sends", "62 02 0009"],
      ["b", "gets", pubcomp("0009")],
      ["b", "sends", "34 07 0001 't' 0009 00 '2'"],
      ["b", "gets", pubrec("0009")],
      ["a", "gets", "30 05 0001 't' 00 '2'"],
    ],
  },
  {
    name: "after a refusing PUBREC the Packet Identifier is a new message [MQTT-4.3.3-9]",
    config: { mqtt: { maximumTopicLevels: 1 } },
    steps: [
      ...connected("a"),
      ...subscribed("a", "00"),
      ...connected("b"),
      ["b", "sends", "34 09 0003 't/u' 0009 00 '1'"],
      ["b", "gets", "50 .. 0009 90 *"],
      ["b", "sends", "34 07 0001 't' 0009 00 '2'"],
      ["b", "gets", pubrec("0009")],
      ["a", "gets", "30 05 0001 't' 00 '2'"],
    ],
  },
  {
    name: "QoS 2 goes out again until PUBREC, PUBREL until PUBCOMP, PUBLISH never after PUBREL [MQTT-4.3.3-1], [MQTT-4.3.3-2], [MQTT-4.3.3-3], [MQTT-4.3.3-4], [MQTT-4.3.3-5], [MQTT-4.3.3-6]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "02"),
      ...connected("b"),
      ["b", "sends", "34 07 0001 't' 0001 00 'x'"],
      ["a", "gets", "34 07 0001 't' <p> 00 'x'"],
      ["a", "vanishes"],
      ...resumed("aa", "a"),
      ["aa", "gets", "3c 07 0001 't' <p> 00 'x'"],
      ["aa", "sends", "50 02 <p>"],
      ["aa", "gets", pubrel("<p>")],
      ["aa", "vanishes"],
      ...resumed("aaa", "a"),
      ["aaa", "gets", pubrel("<p>")],
      ["aaa", "sends", "70 02 <p>"],
      ["aaa", "gets nothing"],
      ["aaa", "vanishes"],
      ...resumed("aaaa", "a"),
      ["aaaa", "gets nothing"],
    ],
  },
  {
    name: "a refusing PUBACK or PUBREC ends the delivery [MQTT-4.4.0-2]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "02"),
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0001 00 '1' 34 07 0001 't' 0002 00 '2'"],
      ["a", "gets", "32 07 0001 't' <p> 00 '1'"],
      ["a", "gets", "34 07 0001 't' <q> 00 '2'"],
      ["a", "sends", "40 03 <p> 80 50 03 <q> 80"],
      ["a", "gets nothing"],
      ["a", "vanishes"],
      ...resumed("aa", "a"),
      ["aa", "gets nothing"],
    ],
  },
  {
    name: "a QoS 2 message that expired is still sent again and finished [MQTT-4.3.3-7], [MQTT-4.3.3-13]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "02"),
      ...connected("b"),
      ...CLOCK,
      ["b", "sends", "34 0c 0001 't' 0001 05 02 00000001 'x'"],
      ["b", "gets", pubrec("0001")],
      ["a", "gets", "34 0c 0001 't' <p> 05 02 000000.. 'x'"],
      ...CLOCK_RANG,
      ["a", "vanishes"],
      ...resumed("aa", "a"),
      ["aa", "gets", "3c 0c 0001 't' <p> 05 02 000000.. 'x'"],
      ["b", "sends", "62 02 0001"],
      ["b", "gets", pubcomp("0001")],
    ],
  },
  {
    name: "a copy that expired before its delivery began never comes [MQTT-3.3.2-5]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "01"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ...connected("b"),
      ...CLOCK,
      ["b", "sends", "32 0c 0001 't' 0001 05 02 00000001 'x'"],
      ["b", "gets", puback("0001")],
      ...CLOCK_RANG,
      ...resumed("aa", "a"),
      ["aa", "gets nothing"],
    ],
  },
  {
    name: "what is acknowledged is in the session of every subscriber, connected or not [MQTT-4.5.0-1]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "01"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ...connected("c"),
      ...subscribed("c", "01"),
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0001 00 'x'"],
      ["b", "gets", puback("0001")],
      ["c", "gets", "32 07 0001 't' <r> 00 'x'"],
      ...resumed("aa", "a"),
      ["aa", "gets", "32 07 0001 't' <p> 00 'x'"],
    ],
  },
  {
    name: "messages arrive in the order they were published [MQTT-4.6.0-5], [MQTT-4.6.0-6]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0001 00 '1' 32 07 0001 't' 0002 00 '2' 32 07 0001 't' 0003 00 '3'"],
      ["a", "gets", "32 07 0001 't' <p> 00 '1'"],
      ["a", "gets", "32 07 0001 't' <q> 00 '2'"],
      ["a", "gets", "32 07 0001 't' <r> 00 '3'"],
    ],
  },
  {
    name: "PUBACK and PUBREC are in the order of their PUBLISH packets [MQTT-4.6.0-2], [MQTT-4.6.0-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "32 07 0001 't' 0003 00 '1' 32 07 0001 't' 0001 00 '2' 32 07 0001 't' 0002 00 '3'"],
      ["a", "gets", puback("0003")],
      ["a", "gets", puback("0001")],
      ["a", "gets", puback("0002")],
      ["a", "sends", "34 07 0001 't' 0006 00 '1' 34 07 0001 't' 0004 00 '2' 34 07 0001 't' 0005 00 '3'"],
      ["a", "gets", pubrec("0006")],
      ["a", "gets", pubrec("0004")],
      ["a", "gets", pubrec("0005")],
    ],
  },
  {
    name: "PUBREL is in the order of PUBREC [MQTT-4.6.0-4]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "02"),
      ...connected("b"),
      ["b", "sends", "34 07 0001 't' 0001 00 '1' 34 07 0001 't' 0002 00 '2'"],
      ["a", "gets", "34 07 0001 't' <p> 00 '1'"],
      ["a", "gets", "34 07 0001 't' <q> 00 '2'"],
      ["a", "sends", "50 02 <q> 50 02 <p>"],
      ["a", "gets", pubrel("<q>")],
      ["a", "gets", pubrel("<p>")],
    ],
  },
  {
    name: "packets come in any pieces of the stream of bytes [MQTT-4.2.0-1]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQ'"],
      ["a", "sends", "'TT' 05 02 0000 00 0001 'a' c0"],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "sends", "00 c0 00 c0"],
      ["a", "gets", "d0 00"],
      ["a", "gets", "d0 00"],
      ["a", "sends", "00"],
      ["a", "gets", "d0 00"],
    ],
  },
];
