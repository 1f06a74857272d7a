import type { Exchange } from "../exchange.ts";
import { connected, subscribed } from "./openings.ts";

export const unsubscribeExchanges: readonly Exchange[] = [
  {
    name: "UNSUBACK has the Packet Identifier and a Reason Code per filter, in order [MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT-3.10.4-6], [MQTT-3.11.3-1], [MQTT-3.11.3-2]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "a2 09 0a0b 00 0001 'u' 0001 't'"],
      ["a", "gets", "b0 05 0a0b 00 11 00"],
      ["a", "sends", "30 05 0001 't' 00 'x'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "a filter is deleted when it is the same character by character, not when it matches [MQTT-3.10.4-1], [MQTT-3.10.4-2]",
    steps: [
      ...connected("a"),
      ["a", "sends", "82 0d 0001 00 0003 'a/+' 00 0001 'b' 00"],
      ["a", "gets", "90 05 0001 00 00 00"],
      ["a", "sends", "a2 0d 0002 00 0003 'a/b' 0003 'a/#'"],
      ["a", "gets", "b0 05 0002 00 11 11"],
      ["a", "sends", "30 07 0003 'a/b' 00 '1'"],
      ["a", "gets", "30 07 0003 'a/b' 00 '1'"],
      ["a", "sends", "a2 08 0003 00 0003 'a/+'"],
      ["a", "gets", "b0 04 0003 00 00"],
      ["a", "sends", "30 07 0003 'a/b' 00 '2' 30 05 0001 'b' 00 '3'"],
      ["a", "gets", "30 05 0001 'b' 00 '3'"],
      ["a", "gets nothing"],
    ],
  },
  {
    name: "UNSUBSCRIBE leaves deliveries that have begun to be completed [MQTT-3.10.4-3]",
    steps: [
      ...connected("a"),
      ...subscribed("a", "02"),
      ...connected("b"),
      ["b", "sends", "34 07 0001 't' 0001 00 'x'"],
      ["a", "gets", "34 07 0001 't' <p> 00 'x'"],
      ["a", "sends", "a2 06 0002 00 0001 't'"],
      ["a", "gets", "b0 04 0002 00 00"],
      ["a", "sends", "50 02 <p>"],
      ["a", "gets", "(62 02 <p>|62 03 <p> 00|62 04 <p> 00 00)"],
      ["a", "sends", "70 02 <p>"],
      ["a", "gets nothing"],
    ],
  },
];
