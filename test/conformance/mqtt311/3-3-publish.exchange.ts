import type { Exchange, Step } from "../exchange.ts";
import { connected, subscribed } from "./openings.ts";

const A_HEARS_T: readonly Step[] = [...connected("a"), ...subscribed("a", "00")];

/** A packet that ends its connection: MQTT 3.1.1 has no word for why. */
function fatal(name: string, packet: string): Exchange {
  return { name, steps: [...connected("a"), ["a", "sends", `${packet} c0 00`], ["a", "is closed"]] };
}

export const publish311Exchanges: readonly Exchange[] = [
  fatal("QoS 3 ends the connection [MQTT3-3.3.1-4]", "36 06 0001 't' 0001 'x'"),
  fatal("DUP at QoS 0 ends the connection [MQTT3-3.3.1-2]", "38 04 0001 't' 'x'"),
  fatal("a Topic Name that is not UTF-8 ends the connection [MQTT3-3.3.2-1]", "30 04 0001 ff 'x'"),
  fatal("a Topic Name with U+0000 ends the connection [MQTT3-4.7.3-2]", "30 04 0001 00 'x'"),
  fatal(
    "a wildcard in a Topic Name ends the connection [MQTT3-3.3.2-2], [MQTT3-4.7.1-1]",
    "30 04 0001 '#' 'x'",
  ),
  fatal("Packet Identifier 0 ends the connection [MQTT3-2.3.1-1]", "32 06 0001 't' 0000 'x'"),
  fatal("PUBREL with other flags ends the connection [MQTT3-3.6.1-1]", "60 02 0001"),
  fatal("SUBSCRIBE with other flags ends the connection [MQTT3-3.8.1-1]", "80 06 0001 0001 't' 00"),
  fatal("UNSUBSCRIBE with other flags ends the connection [MQTT3-3.10.1-1]", "a0 05 0001 0001 't'"),
  fatal("DISCONNECT with other flags ends the connection [MQTT3-3.14.1-1]", "e1 00"),
  fatal("PINGREQ with other flags ends the connection [MQTT3-2.2.2-1], [MQTT3-2.2.2-2]", "c8 00"),
  fatal("a Topic Filter that is not UTF-8 ends the connection [MQTT3-3.8.3-1]", "82 06 0001 0001 ff 00"),
  fatal(
    "UNSUBSCRIBE with a filter that is not UTF-8 ends the connection [MQTT3-3.10.3-1]",
    "a2 05 0001 0001 ff",
  ),
  fatal("nothing behind DISCONNECT is processed [MQTT3-3.14.4-2]", "e0 00"),
  {
    name: "QoS 0 has no Packet Identifier and DUP 0 [MQTT3-2.3.1-5], [MQTT3-4.3.1-1]",
    steps: [...A_HEARS_T, ["a", "sends", "30 04 0001 't' 'x'"], ["a", "gets", "30 04 0001 't' 'x'"]],
  },
  {
    name: "U+FEFF in a topic is kept [MQTT3-1.5.3-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0d 0001 0004 efbbbf 't' 00 0001 't' 00"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "sends", "30 07 0004 efbbbf 't' 'x'"],
      ["a", "gets", "30 07 0004 efbbbf 't' 'x'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "what arrives matches the Topic Filter [MQTT3-3.3.2-3], [MQTT3-4.7.1-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 08 0001 0003 'a/+' 00"],
      ["a", "gets", "90 03 0001 00"],
      ["a", "sends", "30 04 0001 'a' '1' 30 06 0003 'b/a' '2' 30 06 0003 'a/b' '3'"],
      ["a", "gets", "30 06 0003 'a/b' '3'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "RETAIN 1 stores message and QoS for new subscriptions, which get RETAIN 1 [MQTT3-3.3.1-5], [MQTT3-3.3.1-6], [MQTT3-3.3.1-8]",
    steps: [
      ...connected("a"),
      ["a", "sends", "33 06 0001 't' 0001 'x' 31 04 0001 'u' 'y'"],
      ["a", "gets", "40 02 0001"],
      ["a", "sends", "82 06 0001 0001 '+' 01"],
      ["a", "gets", "90 03 0001 01"],
      ["a", "gets", "(33 06 0001 't' <p> 'x'|31 04 0001 'u' 'y')"],
      ["a", "gets", "(33 06 0001 't' .. .. 'x'|31 04 0001 'u' 'y')"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "a retained QoS 0 message takes the place of the old one [MQTT3-3.3.1-7]",
    steps: [
      ...connected("a"),
      ["a", "sends", "33 06 0001 't' 0001 '1'"],
      ["a", "gets", "40 02 0001"],
      ["a", "sends", "31 04 0001 't' '2'"],
      ...subscribed("a", "01"),
      ["a", "gets", "31 04 0001 't' '2'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "an established subscription gets RETAIN 0 [MQTT3-3.3.1-9]",
    steps: [...A_HEARS_T, ["a", "sends", "31 04 0001 't' 'x'"], ["a", "gets", "30 04 0001 't' 'x'"]],
  },
  {
    name: "RETAIN 1 without payload is delivered, removes and is not stored [MQTT3-3.3.1-10], [MQTT3-3.3.1-11]",
    steps: [
      ...A_HEARS_T,
      ["a", "sends", "31 04 0001 't' '1' 31 03 0001 't'"],
      ["a", "gets", "30 04 0001 't' '1'"],
      ["a", "gets", "30 03 0001 't'"],
      ...subscribed("a", "00"),
      ["a", "gets nothing"],
    ],
  },
  {
    name: "RETAIN 0 stores, replaces and removes nothing [MQTT3-3.3.1-12]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 04 0001 't' '1' 30 04 0001 't' '2' 30 03 0001 't' 30 04 0001 'u' '3'"],
      ["a", "sends", "82 06 0001 0001 '+' 00"],
      ["a", "gets", "90 03 0001 00"],
      ["a", "gets", "31 04 0001 't' '1'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "overlapping subscriptions deliver at the highest QoS [MQTT3-3.3.5-1]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0e 0001 0003 'a/+' 01 0003 'a/#' 02"],
      ["a", "gets", "90 04 0001 01 02"],
      ...connected("b"),
      ["b", "sends", "34 08 0003 'a/b' 0007 'x'"],
      ["b", "gets", "50 02 0007"],
      ["a", "gets", "34 08 0003 'a/b' <p> 'x'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "a publish that is refused is acknowledged as usual, and not delivered [MQTT3-3.3.5-2]",
    config: { mqtt: { maximumTopicLevels: 1 } },
    steps: [
      ...connected("a"),
      ["a", "sends", "82 06 0001 0001 '#' 00"],
      ["a", "gets", "90 03 0001 00"],
      ["a", "sends", "32 08 0003 't/u' 0009 'x'"],
      ["a", "gets", "40 02 0009"],
      ["a", "gets nothing"],
    ],
  },
];
