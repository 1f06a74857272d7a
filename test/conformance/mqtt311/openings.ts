import type { Step } from "../exchange.ts";

/** CONNECT with CleanSession; the client's name, one letter, is its ClientId. */
export function connected(client: string): Step[] {
  return [
    [client, "sends", `10 0d 0004 'MQTT' 04 02 0000 0001 '${client}'`],
    [client, "gets", "20 02 00 00"],
  ];
}

/** CONNECT without CleanSession: there was no session yet. */
export function lasting(client: string): Step[] {
  return [
    [client, "sends", `10 0d 0004 'MQTT' 04 00 0000 0001 '${client}'`],
    [client, "gets", "20 02 00 00"],
  ];
}

/** A new connection resumes the session of `clientId`. */
export function resumed(client: string, clientId: string): Step[] {
  return [
    [client, "sends", `10 0d 0004 'MQTT' 04 00 0000 0001 '${clientId}'`],
    [client, "gets", "20 02 01 00"],
  ];
}

/** SUBSCRIBE to the topic `t`. */
export function subscribed(client: string, qos: "00" | "01" | "02"): Step[] {
  return [
    [client, "sends", `82 06 0001 0001 't' ${qos}`],
    [client, "gets", `90 03 0001 ${qos}`],
  ];
}
