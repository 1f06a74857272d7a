import type { Exchange } from "../exchange.ts";
import { connected, subscribed } from "./openings.ts";

export const subscribe311Exchanges: readonly Exchange[] = [
  {
    name: "SUBACK has the Packet Identifier and a return code per filter, in order [MQTT3-3.8.4-1], [MQTT3-3.8.4-2], [MQTT3-3.8.4-4], [MQTT3-3.8.4-5], [MQTT3-3.9.3-1], [MQTT3-3.9.3-2], [MQTT3-2.3.1-7]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 10 0a0b 0001 'a' 00 0003 '#/b' 01 0001 'c' 02"],
      ["a", "gets", "90 05 0a0b 00 80 02"],
      ["a", "sends", "30 04 0001 'a' '1' 30 04 0001 'c' '2'"],
      ["a", "gets", "30 04 0001 'a' '1'"],
      ["a", "gets", "30 04 0001 'c' '2'"],
    ],
  },
  {
    name: "filters with misplaced wildcards are refused [MQTT3-4.7.1-2], [MQTT3-4.7.1-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 12 0001 0002 'a#' 00 0003 '#/a' 00 0002 'a+' 00"],
      ["a", "gets", "90 05 0001 80 80 80"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "filters with wildcards are refused where there are none [MQTT3-3.8.3-2]",
    config: { mqtt: { wildcardSubscriptionAvailable: false } },
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0c 0001 0003 'a/#' 00 0001 't' 00"],
      ["a", "gets", "90 04 0001 80 00"],
    ],
  },
  {
    name: "the same filter again replaces the subscription and sends retained messages again [MQTT3-3.8.4-3]",
    steps: [
      ...connected("a"),
      ["a", "sends", "31 04 0001 't' 'r'"],
      ...subscribed("a", "00"),
      ["a", "gets", "31 04 0001 't' 'r'"],
      ...subscribed("a", "01"),
      ["a", "gets", "31 04 0001 't' 'r'"],
      ...connected("b"),
      ["b", "sends", "32 06 0001 't' 0001 'x'"],
      ["a", "gets", "32 06 0001 't' <p> 'x'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "messages arrive at the lower of published and granted QoS [MQTT3-3.8.4-6]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "01"),
      ...connected("b"),
      ["b", "sends", "34 06 0001 't' 0001 '2'"],
      ["a", "gets", "32 06 0001 't' <p> '2'"],
      ["b", "sends", "30 04 0001 't' '0'"],
      ["a", "gets", "30 04 0001 't' '0'"],
    ],
  },
  {
    name: "a wildcard at the beginning matches no topic that begins with $ [MQTT3-4.7.2-1]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0c 0001 0001 '#' 00 0003 '+/b' 00"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "sends", "30 07 0004 '$a/b' 'x'"],
      ["a", "gets nothing"],
      ["a", "sends", "82 09 0002 0004 '$a/+' 00"],
      ["a", "gets", "90 03 0002 00"],
      ["a", "sends", "30 07 0004 '$a/b' 'x'"],
      ["a", "gets", "30 07 0004 '$a/b' 'x'"],
    ],
  },
  {
    name: "names are compared as they are: case and composed letters differ [MQTT3-4.7.3-4]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0b 0001 0001 't' 00 0002 c3a9 00"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "sends", "30 04 0001 'T' '1' 30 06 0003 65cc81 '2' 30 05 0002 c3a9 '3'"],
      ["a", "gets", "30 05 0002 c3a9 '3'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "UNSUBACK comes once and always; the filter deleted is the same character by character [MQTT3-3.10.4-1], [MQTT3-3.10.4-2], [MQTT3-3.10.4-4], [MQTT3-3.10.4-5], [MQTT3-3.10.4-6]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0c 0001 0003 'a/+' 00 0001 'b' 00"],
      ["a", "gets", "90 04 0001 00 00"],
      ["a", "sends", "a2 0c 0a0b 0003 'a/b' 0003 'a/#'"],
      ["a", "gets", "b0 02 0a0b"],
      ["a", "sends", "30 06 0003 'a/b' '1'"],
      ["a", "gets", "30 06 0003 'a/b' '1'"],
      ["a", "sends", "a2 0a 0a0c 0003 'a/+' 0001 'b'"],
      ["a", "gets", "b0 02 0a0c"],
      ["a", "sends", "30 06 0003 'a/b' '2' 30 04 0001 'b' '3'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "UNSUBSCRIBE leaves deliveries that have begun to be completed [MQTT3-3.10.4-3]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "02"),
      ...connected("b"),
      ["b", "sends", "34 06 0001 't' 0001 'x'"],
      ["a", "gets", "34 06 0001 't' <p> 'x'"],
      ["a", "sends", "a2 05 0002 0001 't'"],
      ["a", "gets", "b0 02 0002"],
      ["a", "sends", "50 02 <p>"],
      ["a", "gets", "62 02 <p>"],
      ["a", "sends", "70 02 <p>"],
      ["a", "gets nothing"],
    ],
  },
];
