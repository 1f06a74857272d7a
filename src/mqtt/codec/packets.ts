import type { ClientId, TopicName } from "../../base/ids.ts";
import type { MessageProperties, UserProperty } from "../../base/message.ts";
import type { QoS } from "../../base/qos.ts";
import type { ReasonCode } from "../reason-code.ts";

/** 3 = MQTT 3.1, 4 = 3.1.1, 5 = 5.0: the protocol level byte of CONNECT. */
export type ProtocolVersion = 3 | 4 | 5;

/** The upper four bits of the first byte (MQTT 5 §2.1.2). */
export const PacketType = {
  Connect: 1,
  Connack: 2,
  Publish: 3,
  Puback: 4,
  Pubrec: 5,
  Pubrel: 6,
  Pubcomp: 7,
  Subscribe: 8,
  Suback: 9,
  Unsubscribe: 10,
  Unsuback: 11,
  Pingreq: 12,
  Pingresp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Hot. Every key is always there, in this order. */
export interface PublishPacket {
  /** "" when only a Topic Alias was sent. */
  readonly topicName: TopicName | "";
  /** A view into the chunk that was read: copy it to keep it. */
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  /** 0 = absent. */
  readonly topicAlias: number;
  /** Seconds; undefined = absent. */
  readonly messageExpiryInterval: number | undefined;
  readonly properties: MessageProperties | undefined;
}

export interface WillPacket {
  readonly topicName: TopicName;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Seconds. */
  readonly willDelayInterval: number;
  /** Seconds; undefined = absent. */
  readonly messageExpiryInterval: number | undefined;
  readonly properties: MessageProperties | undefined;
}

export interface ConnectPacket {
  readonly type: typeof PacketType.Connect;
  readonly protocolVersion: ProtocolVersion;
  /** "" asks the server to assign one. */
  readonly clientId: ClientId | "";
  /** Clean Session in 3.1 and 3.1.1. */
  readonly cleanStart: boolean;
  /** Seconds; 0 = none. */
  readonly keepAlive: number;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly will: WillPacket | undefined;
  /** Seconds as sent; in 3.1.1: 0 when Clean Session is set, else 0xffffffff (never expires by itself). */
  readonly sessionExpiryInterval: number;
  /** 65535 when absent. */
  readonly receiveMaximum: number;
  /** Bytes; 0 = no limit. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly requestResponseInformation: boolean;
  readonly requestProblemInformation: boolean;
  readonly authenticationMethod: string | undefined;
  readonly authenticationData: Buffer | undefined;
  readonly userProperties: readonly UserProperty[];
}

export interface ConnackPacket {
  readonly type: typeof PacketType.Connack;
  readonly sessionPresent: boolean;
  /** For 3.1.1 the encoder translates it to the return code of §3.2.2.3 there. */
  readonly reasonCode: ReasonCode;
  /** Left out for 3.1.1; a property that is undefined is not sent. */
  readonly properties: ConnackProperties | undefined;
}

export interface ConnackProperties {
  readonly sessionExpiryInterval?: number | undefined;
  readonly receiveMaximum?: number | undefined;
  readonly maximumQoS?: 0 | 1 | undefined;
  readonly retainAvailable?: boolean | undefined;
  readonly maximumPacketSize?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  readonly serverKeepAlive?: number | undefined;
  readonly responseInformation?: string | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Buffer | undefined;
}

/** One entry of SUBSCRIBE (MQTT 5 §3.8.3.1). */
export interface SubscriptionRequest {
  /** As sent: not yet checked to be a valid filter. */
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
}

export interface SubscribePacket {
  readonly type: typeof PacketType.Subscribe;
  readonly packetId: number;
  readonly subscriptions: readonly SubscriptionRequest[];
  /** 0 = absent. */
  readonly subscriptionIdentifier: number;
}

export interface SubackPacket {
  readonly type: typeof PacketType.Suback;
  readonly packetId: number;
  /** One per request; for 3.1.1 every failure is sent as 0x80. */
  readonly reasonCodes: readonly ReasonCode[];
  readonly reasonString: string | undefined;
}

export interface UnsubscribePacket {
  readonly type: typeof PacketType.Unsubscribe;
  readonly packetId: number;
  readonly topicFilters: readonly string[];
}

export interface UnsubackPacket {
  readonly type: typeof PacketType.Unsuback;
  readonly packetId: number;
  /** Not sent to 3.1.1. */
  readonly reasonCodes: readonly ReasonCode[];
}

export interface DisconnectPacket {
  readonly type: typeof PacketType.Disconnect;
  readonly reasonCode: ReasonCode;
  /** Seconds; undefined = as in CONNECT. */
  readonly sessionExpiryInterval: number | undefined;
  readonly reasonString: string | undefined;
  /** From a server only: where the client may go instead (MQTT 5 §4.11). */
  readonly serverReference?: string | undefined;
}

/** Both ways (MQTT 5 §3.15). */
export interface AuthPacket {
  readonly type: typeof PacketType.Auth;
  readonly reasonCode: AuthReasonCode;
  readonly authenticationMethod: string | undefined;
  readonly authenticationData: Buffer | undefined;
}

/** MQTT 5 §3.15.2.1: success, continue, re-authenticate. */
export type AuthReasonCode = 0x00 | 0x18 | 0x19;

/** What `decodeControl` returns: the packets a client may send, the hot ones left out. */
export type ClientControlPacket =
  | ConnectPacket
  | SubscribePacket
  | UnsubscribePacket
  | DisconnectPacket
  | AuthPacket;

/** What `encodeControl` takes: the packets a server sends, the hot ones left out. */
export type ServerControlPacket =
  | ConnackPacket
  | SubackPacket
  | UnsubackPacket
  | DisconnectPacket
  | AuthPacket;
