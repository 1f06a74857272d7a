import type { Exchange } from "../exchange.ts";
import { connected } from "./openings.ts";

export const disconnectExchanges: readonly Exchange[] = [
  {
    name: "nothing follows a client's DISCONNECT but the end [MQTT-3.14.4-1]",
    steps: [...connected("a"), ["a", "sends", "e0 00 c0 00"], ["a", "is closed"]],
  },
  {
    name: "a Protocol Error ends the connection behind a DISCONNECT [MQTT-3.14.4-2], [MQTT-4.13.1-1], [MQTT-4.13.2-1], [MQTT-3.1.0-2]",
    steps: [
      ...connected("a"),
      ["a", "sends", "10 0e 0004 'MQTT' 05 02 0000 00 0001 'a' c0 00"],
      ["a", "gets", "e0 .. 82 *"],
      ["a", "is closed"],
    ],
  },
  {
    name: "DISCONNECT of the server has no Session Expiry Interval [MQTT-3.14.2-2], [MQTT-3.1.4-3]",
    steps: [
      ["a", "sends", "10 15 0004 'MQTT' 05 02 0000 07 17 00 11 00000e10 0001 'a'"],
      ["a", "gets", "20 .. 00 00 *"],
      ["aa", "sends", "10 15 0004 'MQTT' 05 00 0000 07 17 00 11 00000e10 0001 'a'"],
      ["aa", "gets", "20 .. 01 00 *"],
      ["a", "gets", "(e0 01 8e|e0 02 8e 00)"],
      ["a", "is closed"],
    ],
  },
  {
    name: "AUTH from a client that named no method is a Protocol Error [MQTT-4.12.0-7]",
    steps: [...connected("a"), ["a", "sends", "f0 00"], ["a", "gets", "e0 .. 82 *"], ["a", "is closed"]],
  },
];
