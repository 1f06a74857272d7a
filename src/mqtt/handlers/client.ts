import type { TopicName } from "../../base/ids.ts";
import type { PublishPacket, ServerControlPacket } from "../codec/packets.ts";
import type { CommitWaiter, Identity, ListenerRules } from "../ports.ts";
import type { ReasonCode } from "../reason-code.ts";
import type { Session } from "../session/session.ts";
import type { RetainedReplays } from "./retained-replay.ts";

/** Where answers to PUBLISH and PUBREL wait their turn. */
export interface AckPlaces extends CommitWaiter {
  readonly waitingCount: number;
  readonly waitingPubacks: number;
  reserve(type: 4 | 5 | 7, packetId: number): number;
  answer(token: number, reasonCode: ReasonCode): void;
  settle(token: number, reasonCode: ReasonCode): void;
}

/** A connected client, as the handlers of its packets see it. */
export interface Client {
  readonly session: Session;
  readonly identity: Identity;
  readonly version: 3 | 4 | 5;
  /** QoS 2 messages without PUBREL that the session had when this connection began. */
  readonly receivedBefore: number;
  readonly rules: ListenerRules;
  /** Whether reasons in words go into other packets than CONNACK and DISCONNECT [MQTT-3.1.2-29]. */
  readonly wantsProblemInformation: boolean;
  readonly acks: AckPlaces;
  readonly replays: RetainedReplays;
  readonly aliases: { resolve(packet: PublishPacket): TopicName };
  send(packet: ServerControlPacket): void;
  /** One log line about a refusal, with who and what. */
  refused(what: string, fields: object): void;
  /** One log line about something that is let pass. */
  noted(message: string, fields: object): void;
}
