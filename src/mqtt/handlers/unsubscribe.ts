import type { TopicFilter } from "../../base/ids.ts";
import { PacketType, type UnsubscribePacket } from "../codec/packets.ts";
import type { MqttPorts } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import type { Client } from "./client.ts";
import { SubackWaiter } from "./subscribe.ts";

/** Removes subscriptions whose filters are the same, character by character, and answers when that is durable [MQTT-3.10.4-1]. */
export function handleUnsubscribe(client: Client, packet: UnsubscribePacket, ports: MqttPorts): void {
  const { session } = client;
  const { packetId } = packet;
  const reasonCodes: ReasonCode[] = [];
  const answer = new SubackWaiter(() => client.send({ type: PacketType.Unsuback, packetId, reasonCodes }));
  for (const text of packet.topicFilters) {
    const topicFilter = text as TopicFilter; // looked up only: what is no filter was never subscribed to
    const existed = session.subscriptions.has(topicFilter);
    reasonCodes.push(existed ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted);
    if (!existed) continue;
    if (session.stored === undefined) session.removeRoute(topicFilter);
    else ports.journal.unsubscribe(session.stored, topicFilter, answer, answer.expect());
  }
  answer.ready();
}
