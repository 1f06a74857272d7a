import type { Exchange } from "../exchange.ts";
import { connected, lasting, resumed, subscribed } from "./openings.ts";

const WILL_SUBSCRIBER = [
  ...connected("b"),
  ["b", "sends", "82 06 0001 0001 'w' 00"],
  ["b", "gets", "90 03 0001 00"],
] as const;

/** A CONNECT that ends the connection without an answer. */
function unanswered(name: string, connect: string): Exchange {
  return {
    name,
    steps: [
      ["a", "sends", connect],
      ["a", "is closed"],
    ],
  };
}

export const connect311Exchanges: readonly Exchange[] = [
  {
    name: "CONNACK 0 is the first packet, and the only one [MQTT3-3.1.4-4], [MQTT3-3.2.0-1], [MQTT3-3.12.4-1]",
    steps: [...connected("a"), ["a", "sends", "c0 00"], ["a", "gets", "d0 00"]],
  },
  {
    name: "CleanSession 0 makes a session that is kept, and resumes it [MQTT3-3.1.2-4], [MQTT3-3.1.2-5], [MQTT3-3.1.3-2], [MQTT3-3.2.2-2], [MQTT3-3.2.2-3], [MQTT3-4.1.0-1]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "01"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ...connected("b"),
      ["b", "sends", "32 06 0001 't' 0007 'x'"],
      ["b", "gets", "40 02 0007"],
      ...resumed("aa", "a"),
      ["aa", "gets", "32 06 0001 't' <p> 'x'"],
    ],
  },
  {
    name: "CleanSession 1 discards the session, and its own ends with the connection [MQTT3-3.1.2-6], [MQTT3-3.1.4-3], [MQTT3-3.2.2-1], [MQTT3-4.1.0-2]",
    steps: [
      ...lasting("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ["aa", "sends", "10 0d 0004 'MQTT' 04 02 0000 0001 'a'"],
      ["aa", "gets", "20 02 00 00"],
      ["aa", "sends", "30 04 0001 't' 'x'"],
      ["aa", "gets nothing"],
      ...subscribed("aa", "00"),
      ["aa", "sends", "30 04 0001 't' 'y'"],
      ["aa", "gets", "30 04 0001 't' 'y'"],
      ["aa", "sends", "e0 00"],
      ["aa", "is closed"],
      ["aaa", "sends", "10 0d 0004 'MQTT' 04 00 0000 0001 'a'"],
      ["aaa", "gets", "20 02 00 00"],
    ],
  },
  {
    name: "a second connection with a ClientId ends the first [MQTT3-3.1.4-2]",
    steps: [
      ...lasting("a"),
      ["aa", "sends", "10 0d 0004 'MQTT' 04 00 0000 0001 'a'"],
      ["aa", "gets", "20 02 01 00"],
      ["a", "is closed"],
      ["aa", "gets nothing"],
    ],
  },
  {
    name: "retained messages outlive the session of their publisher [MQTT3-3.1.2-7]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 04 0001 't' 'x' e0 00"],
      ["a", "is closed"],
      ...connected("b"),
      ...subscribed("b", "00"),
      ["b", "gets", "31 04 0001 't' 'x'"],
    ],
  },
  {
    name: "a will is published as not retained when the connection is lost [MQTT3-3.1.2-8], [MQTT3-3.1.2-16]",
    steps: [
      ...WILL_SUBSCRIBER,
      ["a", "sends", "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 'w' 0001 'x'"],
      ["a", "gets", "20 02 00 00"],
      ["a", "vanishes"],
      ["b", "gets", "30 04 0001 'w' 'x'"],
      ["b", "sends", "82 06 0001 0001 'w' 00"],
      ["b", "gets", "90 03 0001 00"],
      ["b", "gets nothing"],
    ],
  },
  {
    name: "a will is published as retained with Will Retain 1 [MQTT3-3.1.2-17]",
    steps: [
      ...WILL_SUBSCRIBER,
      ["a", "sends", "10 13 0004 'MQTT' 04 26 0000 0001 'a' 0001 'w' 0001 'x'"],
      ["a", "gets", "20 02 00 00"],
      ["a", "vanishes"],
      ["b", "gets", "30 04 0001 'w' 'x'"],
      ["b", "sends", "82 06 0001 0001 'w' 00"],
      ["b", "gets", "90 03 0001 00"],
      ["b", "gets", "31 04 0001 'w' 'x'"],
    ],
  },
  {
    name: "DISCONNECT takes the will away, and without a will none is published [MQTT3-3.1.2-10], [MQTT3-3.1.2-12], [MQTT3-3.14.4-3]",
    steps: [
      ...WILL_SUBSCRIBER,
      ["a", "sends", "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 'w' 0001 'x'"],
      ["a", "gets", "20 02 00 00"],
      ["a", "sends", "e0 00"],
      ["a", "is closed"],
      ...connected("c"),
      ["c", "sends", "c1 00"],
      ["c", "is closed"],
      ["b", "gets nothing"],
    ],
  },
  unanswered(
    "the Will Flag without will fields does not fit the format [MQTT3-3.1.2-9], [MQTT3-3.1.4-1]",
    "10 0d 0004 'MQTT' 04 06 0000 0001 'a'",
  ),
  unanswered(
    "will fields without the Will Flag do not fit the format [MQTT3-3.1.2-11]",
    "10 13 0004 'MQTT' 04 02 0000 0001 'a' 0001 'w' 0001 'x'",
  ),
  unanswered("Will QoS without a will is refused [MQTT3-3.1.2-13]", "10 0d 0004 'MQTT' 04 0a 0000 0001 'a'"),
  unanswered(
    "Will QoS 3 is refused [MQTT3-3.1.2-14]",
    "10 13 0004 'MQTT' 04 1e 0000 0001 'a' 0001 'w' 0001 'x'",
  ),
  unanswered(
    "Will Retain without a will is refused [MQTT3-3.1.2-15]",
    "10 0d 0004 'MQTT' 04 22 0000 0001 'a'",
  ),
  unanswered(
    "a user name without its flag does not fit the format [MQTT3-3.1.2-18]",
    "10 10 0004 'MQTT' 04 02 0000 0001 'a' 0001 'u'",
  ),
  unanswered(
    "the User Name Flag without a user name does not fit the format [MQTT3-3.1.2-19]",
    "10 0d 0004 'MQTT' 04 82 0000 0001 'a'",
  ),
  unanswered(
    "a password without its flag does not fit the format [MQTT3-3.1.2-20]",
    "10 13 0004 'MQTT' 04 82 0000 0001 'a' 0001 'u' 0001 'p'",
  ),
  unanswered(
    "the Password Flag without a password does not fit the format [MQTT3-3.1.2-21]",
    "10 10 0004 'MQTT' 04 c2 0000 0001 'a' 0001 'u'",
  ),
  unanswered("CONNECT without a ClientId is refused [MQTT3-3.1.3-3]", "10 0a 0004 'MQTT' 04 02 0000"),
  unanswered(
    "a ClientId that is not UTF-8 ends the connection [MQTT3-3.1.3-4], [MQTT3-1.5.3-1]",
    "10 0d 0004 'MQTT' 04 02 0000 0001 ff",
  ),
  unanswered(
    "a ClientId with U+0000 ends the connection [MQTT3-1.5.3-2]",
    "10 0d 0004 'MQTT' 04 02 0000 0001 00",
  ),
  unanswered(
    "a Will Topic that is not UTF-8 ends the connection [MQTT3-3.1.3-10]",
    "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 ff 0001 'x'",
  ),
  unanswered(
    "a user name that is not UTF-8 ends the connection [MQTT3-3.1.3-11]",
    "10 10 0004 'MQTT' 04 82 0000 0001 'a' 0001 ff",
  ),
  unanswered("a packet before CONNECT ends the connection [MQTT3-3.1.0-1]", "c0 00"),
  {
    name: "another protocol's name is not processed as MQTT [MQTT3-3.1.2-1]",
    steps: [
      ["a", "sends", "10 0d 0004 'MQTX' 04 02 0000 0001 'a' 31 04 0001 't' 'x'"],
      ["a", "gets", "20 02 00 01"],
      ["a", "is closed"],
      ...connected("b"),
      ...subscribed("b", "00"),
      ["b", "gets nothing"],
    ],
  },
  {
    name: "a level that is not served gets return code 1 and the end [MQTT3-3.1.2-2], [MQTT3-3.2.2-5]",
    steps: [
      ["a", "sends", "10 0d 0004 'MQTT' 06 02 0000 0001 'a'"],
      ["a", "gets", "20 02 00 01"],
      ["a", "is closed"],
    ],
  },
  {
    name: "a second CONNECT ends the connection [MQTT3-3.1.0-2], [MQTT3-4.8.0-1]",
    steps: [
      ...connected("a"),
      ["a", "sends", "10 0d 0004 'MQTT' 04 02 0000 0001 'a' c0 00"],
      ["a", "is closed"],
    ],
  },
  {
    name: "23 letters and digits are a ClientId [MQTT3-3.1.3-5]",
    steps: [
      ["a", "sends", "10 23 0004 'MQTT' 04 02 0000 0017 '0123456789abcdefghijklm'"],
      ["a", "gets", "20 02 00 00"],
      ["b", "sends", "10 23 0004 'MQTT' 04 02 0000 0017 'nopqrstuvwxyzABCDEFGHIJ'"],
      ["b", "gets", "20 02 00 00"],
      ["c", "sends", "10 1c 0004 'MQTT' 04 02 0000 0010 'KLMNOPQRSTUVWXYZ'"],
      ["c", "gets", "20 02 00 00"],
    ],
  },
  {
    name: "an empty ClientId with CleanSession gets one of its own [MQTT3-3.1.3-6]",
    steps: [
      ["a", "sends", "10 0c 0004 'MQTT' 04 02 0000 0000"],
      ["a", "gets", "20 02 00 00"],
      ["b", "sends", "10 0c 0004 'MQTT' 04 02 0000 0000"],
      ["b", "gets", "20 02 00 00"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "an empty ClientId without CleanSession gets return code 2 and the end, nothing behind it is processed [MQTT3-3.1.3-7], [MQTT3-3.1.3-8], [MQTT3-3.1.3-9], [MQTT3-3.1.4-5], [MQTT3-3.2.2-4], [MQTT3-3.2.2-5]",
    steps: [
      ["a", "sends", "10 0c 0004 'MQTT' 04 00 0000 0000 31 04 0001 't' 'x'"],
      ["a", "gets", "20 02 00 02"],
      ["a", "is closed"],
      ...connected("b"),
      ...subscribed("b", "00"),
      ["b", "gets nothing"],
    ],
  },
  {
    name: "silence of one and a half Keep Alives ends the connection [MQTT3-3.1.2-24]",
    steps: [
      ["a", "sends", "10 0d 0004 'MQTT' 04 02 0001 0001 'a'"],
      ["a", "gets", "20 02 00 00"],
      ["a", "is closed"],
    ],
  },
  {
    name: "what no return code fits ends the connection without CONNACK [MQTT3-3.2.2-6]",
    config: { mqtt: { maximumQoS: 1 } },
    steps: [
      ["a", "sends", "10 13 0004 'MQTT' 04 16 0000 0001 'a' 0001 'w' 0001 'x'"],
      ["a", "is closed"],
    ],
  },
];
