import { PacketType } from "../codec/packets.ts";
import { ReasonCode } from "../reason-code.ts";
import type { Client } from "./client.ts";

/** The client has a QoS 1 message (MQTT 5 §3.4). */
export function handlePuback({ session }: Client, packetId: number): void {
  session.outbound.acknowledged(packetId); // one that awaits nothing is a late repeat: ignored
}

/** The client has a QoS 2 message, or refuses it (MQTT 5 §3.5). Returns whether the packet id was known. */
export function handlePubrec({ session }: Client, packetId: number, reasonCode: ReasonCode): boolean {
  return session.outbound.received(packetId, reasonCode >= 0x80);
}

/** The client is through with a QoS 2 message (MQTT 5 §3.7). */
export function handlePubcomp({ session }: Client, packetId: number): void {
  session.outbound.completed(packetId);
}

/**
 * The publisher knows that we have its QoS 2 message: PUBCOMP leaves when the id is durably free [MQTT-4.3.3-11]. An
 * id we do not know is a repeat after a lost PUBCOMP: the publisher is told the same as the first time, because 0x92
 * makes clients report a message as failed that was delivered.
 */
export function handlePubrel({ session, acks }: Client, packetId: number): void {
  const isKnown = session.hasReceived(packetId);
  const token = acks.reserve(PacketType.Pubcomp, packetId);
  if (!isKnown || !session.forgetReceived(packetId, acks, token)) acks.settle(token, ReasonCode.Success);
}
