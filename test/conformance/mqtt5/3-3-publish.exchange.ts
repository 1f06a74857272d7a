import type { Exchange, Step } from "../exchange.ts";
import { connected, lasting, resumed, subscribed } from "./openings.ts";

const A_HEARS_T: readonly Step[] = [...connected("a"), ...subscribed("a", "00")];
const A_HEARS_ALL: readonly Step[] = [
  ...connected("a"),
  ["a", "sends", "82 07 0001 00 0001 '#' 00"],
  ["a", "gets", "90 04 0001 00 00"],
];
const B_ANSWERED: Step = ["b", "gets nothing"];
const PUBACK_7 = "(40 02 0007|40 03 0007 00)";

/** One property is forwarded as it came. */
function forwarded(name: string, properties: string, length: string): Exchange {
  const publish = `30 ${length} 0001 't' ${properties} 'x'`;
  return {
    name,
    steps: [...A_HEARS_T, ...connected("b"), ["b", "sends", publish], B_ANSWERED, ["a", "gets", publish]],
  };
}

/** A PUBLISH that breaks the protocol ends its connection with a reason. */
function refused(name: string, publish: string, reasonCode: string, config?: Exchange["config"]): Exchange {
  return {
    name,
    ...(config && { config }),
    steps: [
      ...connected("a"),
      ["a", "sends", publish],
      ["a", "gets", `e0 .. ${reasonCode} *`],
      ["a", "is closed"],
    ],
  };
}

export const publishExchanges: readonly Exchange[] = [
  forwarded("no properties are a Property Length of 0 [MQTT-2.2.2-1], [MQTT-4.3.1-1]", "00", "05"),
  forwarded("Payload Format Indicator goes on unaltered [MQTT-3.3.2-4]", "02 01 01", "07"),
  forwarded("Response Topic goes on unaltered [MQTT-3.3.2-15]", "06 08 0003 'r/s'", "0b"),
  forwarded("Correlation Data goes on unaltered [MQTT-3.3.2-16]", "05 09 0002 00ff", "0a"),
  forwarded("Content Type goes on unaltered [MQTT-3.3.2-20]", "04 03 0001 'c'", "09"),
  forwarded(
    "User Properties go on unaltered, in order, repeated names too [MQTT-3.3.2-17], [MQTT-3.3.2-18]",
    "15 26 0001 'k' 0001 '1' 26 0001 'j' 0001 '2' 26 0001 'k' 0001 '1'",
    "1a",
  ),
  refused("a Topic Name that is not UTF-8 is malformed [MQTT-3.3.2-1]", "30 05 0001 ff 00 'x'", "81"),
  refused("a wildcard in a Topic Name is malformed [MQTT-4.7.0-1]", "30 07 0003 'a/+' 00 'x'", "(81|90)"),
  refused(
    "a Response Topic that is not UTF-8 is malformed [MQTT-3.3.2-13]",
    "30 09 0001 't' 04 08 0001 ff 'x'",
    "81",
  ),
  refused(
    "the value of a User Property that is not UTF-8 is malformed [MQTT-1.5.7-1]",
    "30 0c 0001 't' 07 26 0001 'k' 0001 ff 'x'",
    "81",
  ),
  refused(
    "a Topic Alias above the maximum ends the connection [MQTT-3.2.2-17], [MQTT-3.3.2-9]",
    "30 08 0001 't' 03 23 0003 'x'",
    "94",
    { mqtt: { topicAliasMaximum: 2 } },
  ),
  refused(
    "any Topic Alias ends the connection where the maximum is 0 [MQTT-3.2.2-18]",
    "30 08 0001 't' 03 23 0001 'x'",
    "94",
    { mqtt: { topicAliasMaximum: 0 } },
  ),
  {
    name: "every Topic Alias up to the maximum is accepted [MQTT-3.3.2-12]",
    config: { mqtt: { topicAliasMaximum: 2 } },
    steps: [
      ...A_HEARS_T,
      ...connected("b"),
      ["b", "sends", "30 08 0001 'u' 03 23 0001 '1' 30 08 0001 't' 03 23 0002 '2'"],
      ["b", "sends", "30 07 0000 03 23 0002 '3'"],
      B_ANSWERED,
      ["a", "gets", "30 05 0001 't' 00 '2'"],
      ["a", "gets", "30 05 0001 't' 00 '3'"],
    ],
  },
  {
    name: "a client gets as many aliases as it allows, each first with its topic [MQTT-3.1.2-26], [MQTT-3.3.2-11]",
    steps: [
      ["a", "sends", "10 11 0004 'MQTT' 05 02 0000 03 22 0001 0001 'a'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["a", "sends", "82 07 0001 00 0001 '#' 01"],
      ["a", "gets", "90 04 0001 00 01"],
      ...connected("b"),
      ["b", "sends", "30 08 0004 'room' 00 '1' 32 0a 0004 'room' 0007 00 '2' 30 08 0004 'hall' 00 '3'"],
      ["b", "gets", PUBACK_7],
      ["a", "gets", "30 0b 0004 'room' 03 23 0001 '1'"],
      ["a", "gets", "32 09 0000 <n> 03 23 0001 '2'"],
      ["a", "gets", "30 08 0004 'hall' 00 '3'"],
    ],
  },
  {
    name: "a refusal has its reason in words where the client accepts a packet of that size [MQTT-3.4.2-2], [MQTT-3.5.2-2]",
    steps: [
      ...connected("a"),
      ["a", "sends", "32 0b 0006 '$SYS/x' 0007 00"],
      ["a", "gets", "40 .. 0007 87 .. 1f .. .. *"],
      ["b", "sends", "10 13 0004 'MQTT' 05 02 0000 05 27 0000001e 0001 'b'"],
      ["b", "gets", "20 .. 00 00 *"],
      ["b", "sends", "32 0b 0006 '$SYS/x' 0007 00 34 0b 0006 '$SYS/x' 0008 00"],
      ["b", "gets", "(40 03 0007 87|40 04 0007 87 00)"],
      ["b", "gets", "(50 03 0008 87|50 04 0008 87 00)"],
    ],
  },
  {
    name: "without a Topic Alias Maximum a client gets no alias [MQTT-3.1.2-27]",
    steps: [
      ...A_HEARS_ALL,
      ...connected("b"),
      ["b", "sends", "30 08 0004 'room' 00 '1' 30 08 0004 'room' 00 '2'"],
      B_ANSWERED,
      ["a", "gets", "30 08 0004 'room' 00 '1'"],
      ["a", "gets", "30 08 0004 'room' 00 '2'"],
    ],
  },
  {
    name: "a Topic Alias ends with its connection, though the session goes on [MQTT-3.3.2-7]",
    steps: [
      ...lasting("a"),
      ["a", "sends", "30 08 0001 't' 03 23 0001 'x' e0 00"],
      ["a", "is closed"],
      ...resumed("aa", "a"),
      ["aa", "sends", "30 07 0000 03 23 0001 'y'"],
      ["aa", "gets", "e0 .. (82|94) *"],
      ["aa", "is closed"],
    ],
  },
  {
    name: "a client that allows no Topic Alias gets none [MQTT-3.1.2-27]",
    steps: [
      ...A_HEARS_T,
      ["a", "sends", "30 05 0001 't' 00 '1' 30 05 0001 't' 00 '2'"],
      ["a", "gets", "30 05 0001 't' 00 '1'"],
      ["a", "gets", "30 05 0001 't' 00 '2'"],
    ],
  },
  {
    name: "what arrives matches the Topic Filter [MQTT-3.3.2-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 09 0001 00 0003 'a/+' 00"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "sends", "30 05 0001 'a' 00 '1' 30 07 0003 'b/a' 00 '2' 30 07 0003 'a/b' 00 '3'"],
      ["a", "gets", "30 07 0003 'a/b' 00 '3'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "RETAIN 1 takes the place of the topic's retained message [MQTT-3.3.1-5], [MQTT-3.3.1-9]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 05 0001 't' 00 '1' 31 05 0001 't' 00 '2'"],
      ...subscribed("a", "00"),
      ["a", "gets", "31 05 0001 't' 00 '2'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "RETAIN 1 without payload is delivered, removes and is not stored [MQTT-3.3.1-6], [MQTT-3.3.1-7]",
    steps: [
      ...A_HEARS_T,
      ["a", "sends", "31 05 0001 't' 00 '1'"],
      ["a", "gets", "30 05 0001 't' 00 '1'"],
      ["a", "sends", "31 04 0001 't' 00"],
      ["a", "gets", "30 04 0001 't' 00"],
      ...subscribed("a", "00"),
      ["a", "gets nothing"],
    ],
  },
  {
    name: "RETAIN 0 stores, replaces and removes nothing [MQTT-3.3.1-8]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 05 0001 't' 00 '1' 30 05 0001 't' 00 '2' 30 04 0001 't' 00 30 05 0001 'u' 00 '3'"],
      ...subscribed("a", "00"),
      ["a", "gets", "31 05 0001 't' 00 '1'"],
      ["a", "sends", "82 07 0002 00 0001 'u' 00"],
      ["a", "gets", "90 04 0002 00 00"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "Retain Handling 1 sends retained messages for a new subscription only [MQTT-3.3.1-10]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 05 0001 't' 00 '1' 82 07 0001 00 0001 't' 10"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "gets", "31 05 0001 't' 00 '1'"],
      ["a", "sends", "82 07 0002 00 0001 't' 10"],
      ["a", "gets", "90 04 0002 00 00"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "Retain Handling 2 sends no retained messages [MQTT-3.3.1-11]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 05 0001 't' 00 '1' 82 07 0001 00 0001 't' 20"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "Retain As Published 0 clears RETAIN [MQTT-3.3.1-12]",
    steps: [...A_HEARS_T, ["a", "sends", "31 05 0001 't' 00 'x'"], ["a", "gets", "30 05 0001 't' 00 'x'"]],
  },
  {
    name: "Retain As Published 1 leaves RETAIN as it came [MQTT-3.3.1-13]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 07 0001 00 0001 't' 08"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "sends", "31 05 0001 't' 00 '1' 30 05 0001 't' 00 '2'"],
      ["a", "gets", "31 05 0001 't' 00 '1'"],
      ["a", "gets", "30 05 0001 't' 00 '2'"],
    ],
  },
  {
    name: "overlapping subscriptions: one copy, the highest QoS, all identifiers [MQTT-3.3.4-2], [MQTT-3.3.4-3], [MQTT-3.3.4-4]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0b 0001 02 0b 01 0003 'a/+' 02"],
      ["a", "gets", "90 04 0001 00 02"],
      ["a", "sends", "82 0b 0002 02 0b 02 0003 'a/#' 01"],
      ["a", "gets", "90 04 0002 00 01"],
      ...connected("b"),
      ["b", "sends", "34 09 0003 'a/b' 0007 00 'x'"],
      ["b", "gets", "(50 02 0007|50 03 0007 00)"],
      ["a", "gets", "34 0d 0003 'a/b' <p> 04 (0b 01 0b 02|0b 02 0b 01) 'x'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "a full window holds back PUBLISH and nothing else [MQTT-3.3.4-9], [MQTT-3.3.4-10], [MQTT-4.9.0-1], [MQTT-4.9.0-2], [MQTT-4.9.0-3]",
    steps: [
      ["a", "sends", "10 11 0004 'MQTT' 05 02 0000 03 21 0001 0001 'a'"],
      ["a", "gets", "20 .. 00 00 *"],
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0006 00 '1' 32 07 0001 't' 0007 00 '2'"],
      ["b", "gets", "(40 02 0006|40 03 0006 00)"],
      ["b", "gets", PUBACK_7],
      ["a", "gets", "32 07 0001 't' <p> 00 '1'"],
      ["a", "gets nothing"],
      ["a", "sends", "a2 06 0002 00 0001 'u'"],
      ["a", "gets", "b0 04 0002 00 11"],
      ["a", "sends", "40 02 <p>"],
      ["a", "gets", "32 07 0001 't' <q> 00 '2'"],
    ],
  },
  {
    name: "more messages in flight than Receive Maximum end the connection [MQTT-3.3.4-7]",
    config: { mqtt: { receiveMaximum: 1 } },
    steps: [
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0000 00 0001 'a'"],
      ["a", "gets", "20 .. 00 00 * 21 0001 *"],
      ["a", "sends", "34 07 0001 't' 0001 00 '1'"],
      ["a", "gets", "(50 02 0001|50 03 0001 (00|10)|50 04 0001 (00|10) 00)"],
      ["a", "sends", "34 07 0001 't' 0002 00 '2'"],
      ["a", "gets", "e0 .. 93 *"],
      ["a", "is closed"],
    ],
  },
];
