import type { Exchange } from "../exchange.ts";
import { connected, lasting, resumed, subscribed } from "./openings.ts";

const WILL_SUBSCRIBER = [
  ...connected("b"),
  ["b", "sends", "82 07 0001 00 0001 'w' 00"],
  ["b", "gets", "90 04 0001 00 00"],
] as const;

/** The User Property that says what an acknowledgement waits for. */
const DURABILITY = "26 000a 'durability' 0006 'memory'";
/** A property of CONNACK that is a number, or none: no string such as an Authentication Method. */
const NUMBER = "(11 .. .. .. ..|13 .. ..|21 .. ..|22 .. ..|24 ..|25 ..|27 .. .. .. ..|28 ..|29 ..|2a ..|) ";

export const connectExchanges: readonly Exchange[] = [
  {
    name: "CONNACK 0x00 answers CONNECT, once [MQTT-3.1.4-5], [MQTT-3.2.0-2], [MQTT-3.2.2-1]",
    steps: [...connected("a"), ["a", "gets nothing"]],
  },
  {
    name: "Clean Start 0 without a session makes one, Session Present is 0 [MQTT-3.1.2-6], [MQTT-3.2.2-3]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 00 0000 00 0001 'a'"],
      ["a", "gets", "20 .. 00 00 *"],
      ...subscribed("a", "00"),
    ],
  },
  {
    name: "Clean Start 0 resumes the session of the ClientID [MQTT-3.1.2-5], [MQTT-3.1.2-23], [MQTT-3.1.3-2], [MQTT-3.2.2-3]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ...resumed("aa", "a"),
      ["aa", "sends", "30 05 0001 't' 00 'x'"],
      ["aa", "gets", "30 05 0001 't' 00 'x'"],
    ],
  },
  {
    name: "Clean Start 1 discards the session, Session Present is 0 [MQTT-3.1.2-4], [MQTT-3.1.4-4], [MQTT-3.2.2-2]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ["aa", "sends", "10 13 0004 'MQTT' 05 02 0000 05 11 00000e10 0001 'a'"],
      ["aa", "gets", "20 .. 00 00 *"],
      ["aa", "sends", "30 05 0001 't' 00 'x'"],
      ["aa", "gets nothing"],
    ],
  },
  {
    name: "CONNACK comes before what waited for the session [MQTT-3.2.0-1]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "01"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0007 00 'x'"],
      ["b", "gets", "(40 02 0007|40 03 0007 00)"],
      ...resumed("aa", "a"),
      ["aa", "gets", "32 07 0001 't' <p> 00 'x'"],
    ],
  },
  {
    name: "Session State ends with a connection whose Session Expiry Interval is 0, not before [MQTT-4.1.0-1], [MQTT-4.1.0-2]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "30 05 0001 't' 00 'x'"],
      ["a", "gets", "30 05 0001 't' 00 'x'"],
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ["aa", "sends", "10 0e 0004 'MQTT' 05 00 0000 00 0001 'a'"],
      ["aa", "gets", "20 .. 00 00 *"],
    ],
  },
  {
    name: "a will is stored, and published as not retained with Will Retain 0 [MQTT-3.1.2-7], [MQTT-3.1.2-8], [MQTT-3.1.2-14]",
    steps: [
      ...WILL_SUBSCRIBER,
      ["a", "sends", "10 15 0004 'MQTT' 05 06 0000 00 0001 'a' 00 0001 'w' 0001 'x'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "vanishes"],
      ["b", "gets", "30 05 0001 'w' 00 'x'"],
      ["b", "sends", "82 07 0001 00 0001 'w' 00"],
      ["b", "gets", "90 04 0001 00 00"],
      ["b", "gets nothing"],
    ],
  },
  {
    name: "a will is published as retained with Will Retain 1 [MQTT-3.1.2-15]",
    steps: [
      ...WILL_SUBSCRIBER,
      ["a", "sends", "10 15 0004 'MQTT' 05 26 0000 00 0001 'a' 00 0001 'w' 0001 'x'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "vanishes"],
      ["b", "gets", "30 05 0001 'w' 00 'x'"],
      ["b", "sends", "82 07 0001 00 0001 'w' 00"],
      ["b", "gets", "90 04 0001 00 00"],
      ["b", "gets", "31 05 0001 'w' 00 'x'"],
    ],
  },
  {
    name: "a will keeps its User Properties in order [MQTT-3.1.3-10]",
    steps: [
      ...WILL_SUBSCRIBER,
      [
        "a",
        "sends",
        "10 23 0004 'MQTT' 05 06 0000 00 0001 'a' 0e 26 0001 'k' 0001 '1' 26 0001 'j' 0001 '2' 0001 'w' 0001 'x'",
      ],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "vanishes"],
      ["b", "gets", "30 13 0001 'w' 0e 26 0001 'k' 0001 '1' 26 0001 'j' 0001 '2' 'x'"],
    ],
  },
  {
    name: "DISCONNECT 0x00 takes the will away, 0x04 publishes it [MQTT-3.14.4-3], [MQTT-3.1.2-10]",
    steps: [
      ...WILL_SUBSCRIBER,
      ["a", "sends", "10 15 0004 'MQTT' 05 06 0000 00 0001 'a' 00 0001 'w' 0001 'x'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ["c", "sends", "10 15 0004 'MQTT' 05 06 0000 00 0001 'c' 00 0001 'w' 0001 'y'"],
      ["c", "gets", "20 .. 00 00 *"],
      ["c", "sends", "e0 01 04"],
      ["c", "is closed"],
      ["b", "gets", "30 05 0001 'w' 00 'y'"],
    ],
  },
  {
    name: "a user name without its flag does not fit the format [MQTT-3.1.2-16], [MQTT-3.1.4-1]",
    steps: [
      ["a", "sends", "10 11 0004 'MQTT' 05 02 0000 00 0001 'a' 0001 'u'"],
      ["a", "is closed"],
    ],
  },
  {
    name: "the User Name Flag without a user name does not fit the format [MQTT-3.1.2-17], [MQTT-3.1.4-1]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 82 0000 00 0001 'a'"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a password without its flag does not fit the format [MQTT-3.1.2-18], [MQTT-3.1.4-1]",
    steps: [
      ["a", "sends", "10 14 0004 'MQTT' 05 82 0000 00 0001 'a' 0001 'u' 0001 'p'"],
      ["a", "is closed"],
    ],
  },
  {
    name: "the Password Flag without a password does not fit the format [MQTT-3.1.2-19], [MQTT-3.1.4-1]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 42 0000 00 0001 'a'"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a CONNECT without a ClientID does not fit the format [MQTT-3.1.3-3]",
    steps: [
      ["a", "sends", "10 0b 0004 'MQTT' 05 02 0000 00"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a ClientID that is not UTF-8 ends the connection [MQTT-3.1.3-4]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0000 00 0001 ff"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a Will Topic that is not UTF-8 ends the connection [MQTT-3.1.3-11]",
    steps: [
      ["a", "sends", "10 15 0004 'MQTT' 05 06 0000 00 0001 'a' 00 0001 ff 0001 'x'"],
      ["a", "is closed"],
    ],
  },
  {
    name: "23 letters and digits are a ClientID [MQTT-3.1.3-5]",
    steps: [
      ["a", "sends", "10 24 0004 'MQTT' 05 02 0000 00 0017 '0123456789abcdefghijklm'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["b", "sends", "10 24 0004 'MQTT' 05 02 0000 00 0017 'nopqrstuvwxyzABCDEFGHIJ'"],
      ["b", "gets", "20 .. 00 00 *"],
      ["c", "sends", "10 1d 0004 'MQTT' 05 02 0000 00 0010 'KLMNOPQRSTUVWXYZ'"],
      ["c", "gets", "20 .. 00 00 *"],
    ],
  },
  {
    name: "an empty ClientID gets one of its own, which CONNACK tells [MQTT-3.1.3-6], [MQTT-3.1.3-7], [MQTT-3.2.2-16]",
    steps: [
      ["a", "sends", "10 0d 0004 'MQTT' 05 02 0000 00 0000"],
      ["a", "gets", "20 .. 00 00 * 12 00 .. *"],
      ["b", "sends", "10 0d 0004 'MQTT' 05 02 0000 00 0000"],
      ["b", "gets", "20 .. 00 00 * 12 00 .. *"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "a method that is not offered is refused, and nothing behind it is processed [MQTT-3.1.4-2], [MQTT-3.1.4-6], [MQTT-4.12.0-1], [MQTT-3.2.2-8], [MQTT-3.2.2-6], [MQTT-3.2.2-7], [MQTT-4.13.2-1]",
    steps: [
      ["a", "sends", "10 14 0004 'MQTT' 05 02 0000 06 15 0003 'foo' 0001 'a' 31 05 0001 't' 00 'x'"],
      ["a", "gets", "20 .. 00 8c *"],
      ["a", "is closed"],
      ...connected("b"),
      ...subscribed("b", "00"),
      ["b", "gets nothing"],
    ],
  },
  {
    name: "a refusal is a CONNACK, never a DISCONNECT [MQTT-3.14.0-1]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 06 02 0000 00 0001 'a'"],
      ["a", "gets", "(20 02 00 01|20 .. 00 84 *)"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a Reason String that does not fit is left out of CONNACK [MQTT-3.2.2-19]",
    steps: [
      ["a", "sends", "10 19 0004 'MQTT' 05 02 0000 0b 27 0000000a 15 0003 'foo' 0001 'a'"],
      ["a", "gets", "20 03 00 8c 00"],
      ["a", "is closed"],
    ],
  },
  {
    name: "the client's Keep Alive holds when CONNACK names no other [MQTT-3.1.2-22], [MQTT-3.2.2-22]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0001 00 0001 'a'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "gets", "e0 .. 8d *"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a Keep Alive that is too long gets another from CONNACK [MQTT-3.1.2-21], [MQTT-3.2.2-21]",
    config: { mqtt: { maximumKeepAlive: 10 } },
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 003c 00 0001 'a'"],
      ["a", "gets", "20 .. 00 00 * 13 000a *"],
    ],
  },
  {
    name: "what CONNECT did not ask for is neither in CONNACK nor before it: method, Response Information [MQTT-3.1.2-28], [MQTT-4.12.0-6]",
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0000 00 0001 'a'"],
      ["a", "gets", `20 .. 00 00 .. ${NUMBER.repeat(10)} ${DURABILITY}`],
    ],
  },
  {
    name: "without QoS 2 CONNACK says so, and SUBSCRIBE for it is accepted [MQTT-3.2.2-9], [MQTT-3.2.2-10]",
    config: { mqtt: { maximumQoS: 1 } },
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0000 00 0001 'a'"],
      ["a", "gets", "20 .. 00 00 * 24 01 *"],
      ["a", "sends", "82 07 0001 00 0001 't' 02"],
      ["a", "gets", "90 04 0001 00 01"],
    ],
  },
  {
    name: "a PUBLISH above Maximum QoS ends the connection [MQTT-3.2.2-11]",
    config: { mqtt: { maximumQoS: 1 } },
    steps: [
      ...connected("a"),
      ["a", "sends", "34 07 0001 't' 0001 00 'x'"],
      ["a", "gets", "e0 .. 9b *"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a Will QoS above Maximum QoS is refused [MQTT-3.2.2-12]",
    config: { mqtt: { maximumQoS: 1 } },
    steps: [
      ["a", "sends", "10 15 0004 'MQTT' 05 16 0000 00 0001 'a' 00 0001 'w' 0001 'x'"],
      ["a", "gets", "20 .. 00 9b *"],
      ["a", "is closed"],
    ],
  },
  {
    name: "Will Retain is refused where nothing is retained [MQTT-3.2.2-13]",
    config: { mqtt: { retainAvailable: false } },
    steps: [
      ["a", "sends", "10 15 0004 'MQTT' 05 26 0000 00 0001 'a' 00 0001 'w' 0001 'x'"],
      ["a", "gets", "20 .. 00 9a *"],
      ["a", "is closed"],
    ],
  },
  {
    name: "RETAIN ends the connection where nothing is retained [MQTT-3.2.2-14]",
    config: { mqtt: { retainAvailable: false } },
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0000 00 0001 'a'"],
      ["a", "gets", "20 .. 00 00 * 25 00 *"],
      ["a", "sends", "31 05 0001 't' 00 'x'"],
      ["a", "gets", "e0 .. 9a *"],
      ["a", "is closed"],
    ],
  },
];
