import { tcpClient } from "../../support/raw-client.ts";
import { readNumbered } from "../support/numbered-message.ts";

/** By topic: the sequence of the retained message. */
export async function readRetained(port: number, topicFilter: string): Promise<Map<string, number>> {
  const client = await tcpClient(port);
  await client.connect({ clientId: "retained-reader" });
  await client.subscribe(topicFilter, { qos: 0 });
  const packets = await client.ping();
  await client.disconnect();
  const found = packets.map((packet) => {
    if (packet.cmd !== "publish") throw new Error(`got ${packet.cmd}`);
    return readNumbered(packet.topic, packet.payload);
  });
  return new Map(found.map(({ topicName, sequence }) => [topicName, sequence]));
}
