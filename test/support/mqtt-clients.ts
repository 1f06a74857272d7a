import { connect, type IClientOptions, type MqttClient } from "mqtt";

/** How soon a client tries again: the brokers of these tests come back within a second. */
const RECONNECT_MS = 50;

/** A stock MQTT.js client whose handlers are in place before its first packet; resolves when it is connected. */
export async function connectClient(
  url: string,
  options: IClientOptions,
  prepare: (client: MqttClient) => void = () => {},
): Promise<MqttClient> {
  const client = connect(url, { reconnectPeriod: RECONNECT_MS, ...options });
  client.on("error", () => {}); // refused connections while the broker is away; it tries again
  prepare(client);
  if (!client.connected) await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  return client;
}

/** Keeps the session of a client while it is away, in the way of each protocol version. */
export function persistent(protocolVersion: 4 | 5): IClientOptions {
  if (protocolVersion === 4) return { protocolVersion, clean: false };
  return { protocolVersion, clean: false, properties: { sessionExpiryInterval: 3600 } };
}
