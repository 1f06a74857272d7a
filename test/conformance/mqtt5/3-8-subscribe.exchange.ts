import type { Exchange } from "../exchange.ts";
import { connected, subscribed } from "./openings.ts";

/** A filter that is refused on its own, without ending the connection. */
function invalid(name: string, filter: string): Exchange {
  return {
    name,
    steps: [
      ...connected("a"),
      ["a", "sends", `82 09 0001 00 0003 ${filter} 00`],
      ["a", "gets", "90 .. 0001 .. 1f * 8f"],
      ["a", "gets nothing"],
    ],
  };
}

export const subscribeExchanges: readonly Exchange[] = [
  {
    name: "SUBACK has the Packet Identifier and a Reason Code per filter, in order [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.8.4-5], [MQTT-3.8.4-6], [MQTT-3.8.4-7], [MQTT-3.9.3-1], [MQTT-3.9.3-2], [MQTT-2.2.1-6]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 11 0a0b 00 0001 'a' 00 0003 '#/b' 01 0001 'c' 02"],
      ["a", "gets", "90 .. 0a0b .. 1f * 00 8f 02"],
      ["a", "sends", "30 05 0001 'a' 00 '1' 30 05 0001 'c' 00 '2'"],
      ["a", "gets", "30 05 0001 'a' 00 '1'"],
      ["a", "gets", "30 05 0001 'c' 00 '2'"],
    ],
  },
  {
    name: "No Local sends nothing back to its publisher [MQTT-3.8.3-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 07 0001 00 0001 't' 04"],
      ["a", "gets", "90 04 0001 00 00"],
      ...connected("b"),
      ["a", "sends", "30 05 0001 't' 00 '1'"],
      ["a", "gets nothing"],
      ["b", "sends", "30 05 0001 't' 00 '2'"],
      ["a", "gets", "30 05 0001 't' 00 '2'"],
    ],
  },
  {
    name: "the same filter again replaces the subscription and sends retained messages again [MQTT-3.8.4-3], [MQTT-3.8.4-4]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 05 0001 't' 00 'r'"],
      ...subscribed("a", "00"),
      ["a", "gets", "31 05 0001 't' 00 'r'"],
      ...subscribed("a", "01"),
      ["a", "gets", "31 05 0001 't' 00 'r'"],
      ...connected("b"),
      ["b", "sends", "32 07 0001 't' 0001 00 'x'"],
      ["a", "gets", "32 07 0001 't' <p> 00 'x'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "messages arrive at the lower of published and granted QoS [MQTT-3.8.4-8]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "34 07 0001 't' 0001 00 '2'"],
      ["a", "gets", "32 07 0001 't' <p> 00 '2'"],
      ["b", "sends", "30 05 0001 't' 00 '0'"],
      ["a", "gets", "30 05 0001 't' 00 '0'"],
    ],
  },
  invalid("# behind other characters of its level is invalid [MQTT-4.7.1-1]", "'ab#'"),
  invalid("# before the end is invalid [MQTT-4.7.1-1]", "'#/a'"),
  invalid("+ beside other characters of its level is invalid [MQTT-4.7.1-2]", "'a+b'"),
  {
    name: "a wildcard at the beginning matches no topic that begins with $ [MQTT-4.7.2-1]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0d 0001 00 0001 '#' 00 0003 '+/b' 00"],
      ["a", "gets", "90 05 0001 00 00 00"],
      ["a", "sends", "30 08 0004 '$a/b' 00 'x'"],
      ["a", "gets nothing"],
      ["a", "sends", "82 0a 0002 00 0004 '$a/+' 00"],
      ["a", "gets", "90 04 0002 00 00"],
      ["a", "sends", "30 08 0004 '$a/b' 00 'x'"],
      ["a", "gets", "30 08 0004 '$a/b' 00 'x'"],
    ],
  },
  {
    name: "names are compared as they are: case and composed letters differ [MQTT-4.7.3-4]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0c 0001 00 0001 't' 00 0002 c3a9 00"],
      ["a", "gets", "90 05 0001 00 00 00"],
      ["a", "sends", "30 05 0001 'T' 00 '1' 30 07 0003 65cc81 00 '2' 30 06 0002 c3a9 00 '3'"],
      ["a", "gets", "30 06 0002 c3a9 00 '3'"],
      ["a", "gets nothing"],
    ],
  },
];
