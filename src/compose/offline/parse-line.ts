import { describe, InputError } from "../../base/errors.ts";
import { slotOf, toClientId } from "../../base/ids.ts";
import type { Envelope, Message, MessageProperties, UserProperty } from "../../base/message.ts";
import type { QoS } from "../../base/qos.ts";
import type { Delivery } from "../../base/queued-message.ts";
import { isShared, parseShared } from "../../base/shared-filter.ts";
import { toTopicFilter } from "../../base/topic-filter.ts";
import { toTopicName } from "../../base/topic-name.ts";
import type {
  QueueRecord,
  ReceivedRecord,
  SessionRecord,
  SubscriptionRecord,
  WillRecord,
} from "../../state/records.ts";
import { FORMAT, VERSION } from "./export-lines.ts";
import { LineFields } from "./line-fields.ts";

/** One line of an export, checked by itself. */
export type ImportedLine =
  | { readonly type: "header" }
  | { readonly type: "end"; readonly records: number }
  | { readonly type: "definition"; readonly name: string; readonly value: Buffer }
  | ({ readonly type: "queue" } & Pick<QueueRecord, "name" | "createdAt" | "nextSeq" | "sentEnd">)
  | { readonly type: "session"; readonly session: Omit<SessionRecord, "queueId"> }
  | { readonly type: "subscription"; readonly subscription: SubscriptionRecord }
  | { readonly type: "received"; readonly received: ReceivedRecord }
  | { readonly type: "retained"; readonly message: Message }
  | ImportedMessage;

export interface ImportedMessage {
  readonly type: "message";
  readonly queue: string;
  readonly seq: number;
  readonly delivery: Delivery;
  readonly deliveryCount: number;
  /** Names a body that several entries share. */
  readonly body: number | undefined;
  /** Undefined: released, or the body says it. */
  readonly message: Message | undefined;
  readonly isReleased: boolean;
}

const MAXIMUM_U32 = 0xffffffff;
/** MQTT 5 §3.8.2.1.2. */
const MAXIMUM_IDENTIFIER = 268_435_455;

/** Reads one line; throws an InputError that names `place` and the field. */
export function parseLine(text: string, place: string): ImportedLine {
  const fields = new LineFields(parseJson(text, place), place);
  const type = fields.text("type");
  const read = READERS.get(type);
  if (read === undefined) throw fields.wrong("type", `there is no ${JSON.stringify(type)}`);
  const line = read(fields);
  fields.end();
  return line;
}

const READERS: ReadonlyMap<string, (fields: LineFields) => ImportedLine> = new Map([
  ["header", readHeader],
  ["end", (fields: LineFields): ImportedLine => ({ type: "end", records: fields.count("records") })],
  ["definition", readDefinition],
  ["queue", readQueue],
  ["session", readSession],
  ["subscription", readSubscription],
  ["received", readReceived],
  ["retained", readRetained],
  ["message", readMessageLine],
]);

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${place}: not JSON: ${describe(cause)}`, { cause });
  }
}

function readHeader(fields: LineFields): ImportedLine {
  if (fields.text("format") !== FORMAT) throw fields.wrong("format", `must be ${FORMAT}`);
  const version = fields.count("version");
  if (version !== VERSION) throw fields.wrong("version", `this broker reads version ${VERSION}`);
  return { type: "header" };
}

function readDefinition(fields: LineFields): ImportedLine {
  return { type: "definition", name: fields.text("name"), value: fields.bytes("value") };
}

function readQueue(fields: LineFields): ImportedLine {
  return {
    type: "queue",
    name: fields.text("name"),
    createdAt: fields.count("createdAt"),
    nextSeq: fields.count("nextSeq"),
    sentEnd: fields.count("sentEnd"),
  };
}

function readSession(fields: LineFields): ImportedLine {
  const clientId = toClientId(fields.text("clientId"));
  const session = {
    slot: slotOf(clientId),
    clientId,
    user: fields.text("user"),
    expiryInterval: fields.integer("expiryInterval", 0, MAXIMUM_U32),
    disconnectedAt: fields.count("disconnectedAt"),
    sentEnd: fields.count("sentEnd"),
    will: fields.has("will") ? readWill(fields.object("will")) : undefined,
  };
  return { type: "session", session };
}

function readWill(fields: LineFields): WillRecord {
  const will = {
    delayInterval: fields.integer("delayInterval", 0, MAXIMUM_U32),
    message: readMessage(fields.object("message")),
  };
  fields.end();
  return will;
}

function readSubscription(fields: LineFields): ImportedLine {
  const clientId = toClientId(fields.text("clientId"));
  const text = fields.text("topicFilter");
  const topicFilter = toTopicFilter(text);
  if (topicFilter === undefined || (isShared(text) && parseShared(text) === undefined)) {
    throw fields.wrong("topicFilter", "is not a topic filter");
  }
  const options = {
    qos: readQoS(fields),
    noLocal: fields.flag("noLocal"),
    retainAsPublished: fields.flag("retainAsPublished"),
    retainHandling: fields.integer("retainHandling", 0, 2) as 0 | 1 | 2,
    subscriptionIdentifier: fields.integer("subscriptionIdentifier", 0, MAXIMUM_IDENTIFIER),
  };
  return { type: "subscription", subscription: { slot: slotOf(clientId), clientId, topicFilter, options } };
}

function readReceived(fields: LineFields): ImportedLine {
  const clientId = toClientId(fields.text("clientId"));
  const packetId = fields.integer("packetId", 1, 65_535);
  return { type: "received", received: { slot: slotOf(clientId), clientId, packetId } };
}

function readRetained(fields: LineFields): ImportedLine {
  const message = readMessage(fields.object("message"));
  if (message.payload.length === 0) throw fields.wrong("message.payload", "is empty: that is no message");
  return { type: "retained", message };
}

function readMessageLine(fields: LineFields): ImportedMessage {
  const isReleased = fields.has("isReleased") && fields.flag("isReleased");
  const isGiven = fields.has("message");
  if (isReleased && isGiven) throw fields.wrong("message", "is not kept of a released one");
  return {
    type: "message",
    queue: fields.text("queue"),
    seq: fields.integer("seq", 0, Number.MAX_SAFE_INTEGER - 1),
    delivery: {
      qos: readQoS(fields),
      retain: fields.flag("retain"),
      subscriptionIdentifiers: readIdentifiers(fields),
    },
    deliveryCount: fields.count("deliveryCount"),
    body: fields.has("body") ? fields.integer("body", 1, Number.MAX_SAFE_INTEGER) : undefined,
    message: isGiven ? readMessage(fields.object("message")) : undefined,
    isReleased,
  };
}

function readIdentifiers(fields: LineFields): number[] {
  return fields.list("subscriptionIdentifiers").map((value) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw fields.wrong("subscriptionIdentifiers", "must be whole numbers");
  });
}

function readMessage(fields: LineFields): Message {
  const topicName = toTopicName(fields.text("topicName"));
  if (topicName === undefined) throw fields.wrong("topicName", "is not a topic name");
  const message = {
    topicName,
    payload: fields.bytes("payload"),
    qos: readQoS(fields),
    retain: fields.flag("retain"),
    properties: fields.has("properties") ? readProperties(fields.object("properties")) : undefined,
    publisherId: toClientId(fields.text("publisherId")),
    receivedAt: fields.count("receivedAt"),
    expiresAt: fields.count("expiresAt"),
    envelope: fields.has("envelope") ? readEnvelope(fields.object("envelope")) : undefined,
  };
  fields.end();
  return message;
}

function readProperties(fields: LineFields): MessageProperties {
  const format = "payloadFormatIndicator";
  const properties = {
    payloadFormatIndicator: fields.has(format) ? (fields.integer(format, 0, 1) as 0 | 1) : undefined,
    contentType: fields.optionalText("contentType"),
    responseTopic: fields.optionalText("responseTopic"),
    correlationData: fields.has("correlationData") ? fields.bytes("correlationData") : undefined,
    userProperties: fields.list("userProperties").map((pair) => readUserProperty(pair, fields)),
  };
  fields.end();
  return properties;
}

function readUserProperty(pair: unknown, fields: LineFields): UserProperty {
  if (Array.isArray(pair) && pair.length === 2) {
    const [name, value] = pair as unknown[];
    if (typeof name === "string" && typeof value === "string") return [name, value];
  }
  throw fields.wrong("userProperties", "must be pairs of name and value");
}

function readEnvelope(fields: LineFields): Envelope {
  const envelope = {
    exchange: fields.text("exchange"),
    routingKey: fields.text("routingKey"),
    header: fields.bytes("header"),
  };
  fields.end();
  return envelope;
}

function readQoS(fields: LineFields): QoS {
  return fields.integer("qos", 0, 2) as QoS;
}
