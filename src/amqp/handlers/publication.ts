import type { FieldTable } from "../../base/field-table.ts";
import type { TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import { fieldNamed, withoutField } from "../../base/table-fields.ts";
import type { Channel } from "../channel/channel.ts";
import type { Content } from "../channel/content-assembly.ts";
import { REPLY_QUEUE } from "../channel/reply-consumers.ts";
import { AmqpChannelError } from "../codec/amqp-error.ts";
import type { BasicProperties } from "../codec/basic-properties.ts";
import { METHOD_IDS } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { isRetained, toMqttProperties } from "../mapping/from-content.ts";
import type { Authorization, Identity, Publication } from "../ports.ts";

const PERSISTENT = 2;
const NO_TOPIC = "" as TopicName;
const NO_KEYS: readonly string[] = [];
const NO_HEADERS: FieldTable = [];
/** 2^32 - 1 milliseconds, as RabbitMQ has it. */
const LONGEST_EXPIRATION_MS = 0xffff_ffff;
/** The names of CC and BCC end so in a table: where these bytes are missing, so are they. */
const CC = Buffer.from("CC");

/** One message of a publisher, as the queue engine asks about it. */
class ClientPublication implements Publication {
  readonly message: Message;
  readonly exchange: string;
  readonly routingKey: string;
  readonly furtherKeys: readonly string[];
  readonly #properties: BasicProperties;
  readonly #authorization: Authorization;
  readonly #identity: Identity;
  #headers: FieldTable | undefined;

  constructor(
    message: Message,
    routingKey: string,
    exchange: string,
    furtherKeys: readonly string[],
    properties: BasicProperties,
    { link }: Channel,
  ) {
    this.message = message;
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.furtherKeys = furtherKeys;
    this.#properties = properties;
    this.#authorization = link.ports.authorization;
    this.#identity = link.identity;
  }

  headers(): FieldTable {
    this.#headers ??= this.#properties.headers ?? NO_HEADERS;
    return this.#headers;
  }

  mayPublish(topicName: string): boolean {
    return this.#authorization.mayPublish(this.#identity, topicName as TopicName);
  }

  shown(): Pick<Message, "properties" | "retain"> {
    return { properties: toMqttProperties(this.#properties), retain: isRetained(this.#properties) };
  }
}

/** hot: a message with what its properties ask for; throws when they ask for what cannot be. */
export function toPublication(channel: Channel, { method, properties: given, body }: Content): Publication {
  const { link } = channel;
  const { exchange, routingKey } = method;
  refuseOtherUser(channel, given);
  const addressed = given.has("replyTo") ? withReplyName(channel, given) : given;
  const furtherKeys = furtherKeysOf(addressed);
  const properties = furtherKeys.length === 0 ? addressed : withoutHiddenCopies(addressed);
  const receivedAt = link.ports.clock.now();
  const message: Message = {
    topicName: NO_TOPIC,
    payload: body,
    qos: properties.deliveryMode === PERSISTENT ? 1 : 0,
    retain: false,
    properties: undefined,
    publisherId: link.identity.clientId,
    receivedAt,
    expiresAt: properties.has("expiration") ? receivedAt + expirationOf(properties) : 0,
    envelope: { exchange, routingKey, header: properties.raw },
  };
  return new ClientPublication(message, routingKey, exchange, furtherKeys, properties, channel);
}

/** What the property user-id says must be true: receivers rely on it. */
function refuseOtherUser({ link }: Channel, properties: BasicProperties): void {
  if (!properties.has("userId")) return;
  const { userId } = properties;
  if (userId === link.userName) return;
  throw failed(`user_id property set to '${userId}' but authenticated user was '${link.userName}'`);
}

/** Who asks for direct replies is named by a name of its own. */
function withReplyName({ directReplies }: Channel, properties: BasicProperties): BasicProperties {
  if (properties.replyTo !== REPLY_QUEUE) return properties;
  if (directReplies === undefined) throw failed("fast reply consumer does not exist");
  return properties.with({ replyTo: directReplies.name });
}

/** Milliseconds. */
function expirationOf(properties: BasicProperties): number {
  const { expiration = "" } = properties;
  const isNumber = /^[0-9]{1,10}$/.test(expiration);
  if (!isNumber || Number(expiration) > LONGEST_EXPIRATION_MS) {
    throw failed(`invalid expiration '${expiration}'`);
  }
  return Number(expiration);
}

/** Of the headers CC and BCC, arrays of routing keys (RabbitMQ's sender-selected distribution). */
function furtherKeysOf(properties: BasicProperties): readonly string[] {
  if (!properties.has("headers") || !properties.raw.includes(CC)) return NO_KEYS;
  const headers = properties.headers ?? NO_HEADERS;
  return [...keysOf(headers, "CC"), ...keysOf(headers, "BCC")];
}

function keysOf(headers: FieldTable, name: string): string[] {
  const field = fieldNamed(headers, name);
  if (field === undefined) return [];
  if (field.type !== "A") throw failed(`${name} header must be an array`);
  return field.value.map((key) => {
    if (key.type !== "S") throw failed(`${name} header must be an array of long strings`);
    return key.value.toString("utf8");
  });
}

/** Receivers do not see to whom BCC sent copies. */
function withoutHiddenCopies(properties: BasicProperties): BasicProperties {
  const headers = properties.headers ?? NO_HEADERS;
  if (fieldNamed(headers, "BCC") === undefined) return properties;
  return properties.with({ headers: withoutField(headers, "BCC") });
}

function failed(detail: string): AmqpChannelError {
  return new AmqpChannelError(ReplyCode.PreconditionFailed, detail, METHOD_IDS["basic.publish"]);
}
