import type { UserProperty } from "../../base/message.ts";
import { LimitError, MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import type { ByteReader } from "./byte-reader.ts";
import { LARGEST_VARINT } from "./varint.ts";

/** Where a block of properties stands; a bit each. */
export const PropertyContext = {
  Connect: 1,
  Will: 2,
  Publish: 4,
  Acknowledgement: 8,
  Subscribe: 16,
  Unsubscribe: 32,
  Disconnect: 64,
  Auth: 128,
} as const;
export type PropertyContext = (typeof PropertyContext)[keyof typeof PropertyContext];

/** Identifiers of the properties that are written here (MQTT 5 §2.2.2.2). */
export const PropertyId = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  ReasonString: 0x1f,
  TopicAlias: 0x23,
  UserProperty: 0x26,
} as const;

/** All properties a client may send; undefined = absent. Every key is always there. */
export interface PropertyValues {
  payloadFormatIndicator: number | undefined;
  messageExpiryInterval: number | undefined;
  contentType: string | undefined;
  responseTopic: string | undefined;
  correlationData: Buffer | undefined;
  topicAlias: number | undefined;
  subscriptionIdentifier: number | undefined;
  sessionExpiryInterval: number | undefined;
  willDelayInterval: number | undefined;
  receiveMaximum: number | undefined;
  maximumPacketSize: number | undefined;
  topicAliasMaximum: number | undefined;
  requestResponseInformation: number | undefined;
  requestProblemInformation: number | undefined;
  authenticationMethod: string | undefined;
  authenticationData: Buffer | undefined;
  reasonString: string | undefined;
  /** In the order sent, names may repeat [MQTT-3.3.2-18]. */
  userProperties: UserProperty[];
}

/** Thousands of them are an attack on the reader's time, not a use. */
const MAXIMUM_USER_PROPERTIES = 1000;

type KeyOf<Value> = {
  [Key in keyof PropertyValues]: PropertyValues[Key] extends Value | undefined ? Key : never;
}[keyof PropertyValues];

type NumberType = "flag" | "uint16" | "uint32" | "positive16" | "positive32" | "positiveVarint";

type PropertyDefinition = { readonly contexts: number } & (
  | { readonly type: NumberType; readonly key: KeyOf<number> }
  | { readonly type: "text"; readonly key: KeyOf<string> }
  | { readonly type: "binary"; readonly key: KeyOf<Buffer> }
  | { readonly type: "pair" }
);

const { Connect, Will, Publish, Acknowledgement, Subscribe, Unsubscribe, Disconnect, Auth } = PropertyContext;
const MESSAGE = Publish | Will;

/** By identifier; what only servers send is not here: from a client it is not valid (MQTT 5 §2.2.2.2). */
const DEFINITIONS = new Array<PropertyDefinition | undefined>(256).fill(undefined);
DEFINITIONS[0x01] = { type: "flag", key: "payloadFormatIndicator", contexts: MESSAGE };
DEFINITIONS[0x02] = { type: "uint32", key: "messageExpiryInterval", contexts: MESSAGE };
DEFINITIONS[0x03] = { type: "text", key: "contentType", contexts: MESSAGE };
DEFINITIONS[0x08] = { type: "text", key: "responseTopic", contexts: MESSAGE };
DEFINITIONS[0x09] = { type: "binary", key: "correlationData", contexts: MESSAGE };
DEFINITIONS[0x0b] = {
  type: "positiveVarint",
  key: "subscriptionIdentifier",
  contexts: Subscribe | Publish,
};
DEFINITIONS[0x11] = { type: "uint32", key: "sessionExpiryInterval", contexts: Connect | Disconnect };
DEFINITIONS[0x15] = { type: "text", key: "authenticationMethod", contexts: Connect | Auth };
DEFINITIONS[0x16] = { type: "binary", key: "authenticationData", contexts: Connect | Auth };
DEFINITIONS[0x17] = { type: "flag", key: "requestProblemInformation", contexts: Connect };
DEFINITIONS[0x18] = { type: "uint32", key: "willDelayInterval", contexts: Will };
DEFINITIONS[0x19] = { type: "flag", key: "requestResponseInformation", contexts: Connect };
DEFINITIONS[0x1f] = { type: "text", key: "reasonString", contexts: Acknowledgement | Disconnect | Auth };
DEFINITIONS[0x21] = { type: "positive16", key: "receiveMaximum", contexts: Connect };
DEFINITIONS[0x22] = { type: "uint16", key: "topicAliasMaximum", contexts: Connect };
DEFINITIONS[0x23] = { type: "uint16", key: "topicAlias", contexts: Publish };
DEFINITIONS[0x26] = {
  type: "pair",
  contexts: Connect | MESSAGE | Acknowledgement | Subscribe | Unsubscribe | Disconnect | Auth,
};
DEFINITIONS[0x27] = { type: "positive32", key: "maximumPacketSize", contexts: Connect };

/** What a packet without a property block has. */
export function noProperties(): PropertyValues {
  return {
    payloadFormatIndicator: undefined,
    messageExpiryInterval: undefined,
    contentType: undefined,
    responseTopic: undefined,
    correlationData: undefined,
    topicAlias: undefined,
    subscriptionIdentifier: undefined,
    sessionExpiryInterval: undefined,
    willDelayInterval: undefined,
    receiveMaximum: undefined,
    maximumPacketSize: undefined,
    topicAliasMaximum: undefined,
    requestResponseInformation: undefined,
    requestProblemInformation: undefined,
    authenticationMethod: undefined,
    authenticationData: undefined,
    reasonString: undefined,
    userProperties: [],
  };
}

/** properties => length (identifier value)*; leaves `reader` behind the block. Binary values are copies. */
export function readProperties(reader: ByteReader, context: PropertyContext): PropertyValues {
  const values = noProperties();
  const block = reader.part(reader.varint());
  while (!block.isAtEnd) readProperty(block, context, values);
  return values;
}

function readProperty(block: ByteReader, context: PropertyContext, values: PropertyValues): void {
  const identifier = block.byte();
  const definition = DEFINITIONS[identifier];
  if (definition === undefined || (definition.contexts & context) === 0) {
    throw new MqttError(ReasonCode.MalformedPacket, `property ${identifier} is not valid in this packet`);
  }
  if (definition.type === "pair") {
    if (values.userProperties.length === MAXIMUM_USER_PROPERTIES) {
      const detail = `more than ${MAXIMUM_USER_PROPERTIES} user properties`;
      throw new LimitError("packet_entries", ReasonCode.QuotaExceeded, detail);
    }
    values.userProperties.push([block.text(), block.text()]);
    return;
  }
  if (values[definition.key] !== undefined) {
    throw new MqttError(ReasonCode.ProtocolError, `property ${definition.key} stands twice`);
  }
  if (definition.type === "text") values[definition.key] = block.text();
  else if (definition.type === "binary") values[definition.key] = block.binary();
  else values[definition.key] = readNumber(block, definition);
}

function readNumber(
  block: ByteReader,
  { type, key }: { readonly type: NumberType; readonly key: string },
): number {
  switch (type) {
    case "flag":
      return checked(block.byte(), 0, 1, key);
    case "uint32":
      return block.uint32();
    case "positive16":
      return checked(block.uint16(), 1, 0xffff, key);
    case "positive32":
      return checked(block.uint32(), 1, 0xffffffff, key);
    case "positiveVarint":
      return checked(block.varint(), 1, LARGEST_VARINT, key);
    case "uint16":
      return block.uint16();
  }
}

function checked(value: number, least: number, most: number, key: string): number {
  if (value < least || value > most) {
    throw new MqttError(ReasonCode.ProtocolError, `property ${key} must not be ${value}`);
  }
  return value;
}
