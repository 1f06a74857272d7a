import type { Step } from "../exchange.ts";

/** CONNECT with Clean Start; the client's name, one letter, is its ClientID. */
export function connected(client: string): Step[] {
  return [
    [client, "sends", `10 0e 0004 'MQTT' 05 02 0000 00 0001 '${client}'`],
    [client, "gets", "20 .. 00 00 *"],
  ];
}

/** CONNECT with Clean Start and a Session Expiry Interval of an hour. */
export function lasting(client: string): Step[] {
  return [
    [client, "sends", `10 13 0004 'MQTT' 05 02 0000 05 11 00000e10 0001 '${client}'`],
    [client, "gets", "20 .. 00 00 *"],
  ];
}

/** A new connection resumes the session of `clientId`. */
export function resumed(client: string, clientId: string): Step[] {
  return [
    [client, "sends", `10 13 0004 'MQTT' 05 00 0000 05 11 00000e10 0001 '${clientId}'`],
    [client, "gets", "20 .. 01 00 *"],
  ];
}

/** SUBSCRIBE to the topic `t` with options as one byte. */
export function subscribed(client: string, options: "00" | "01" | "02"): Step[] {
  return [
    [client, "sends", `82 07 0001 00 0001 't' ${options}`],
    [client, "gets", `90 04 0001 00 ${options}`],
  ];
}
