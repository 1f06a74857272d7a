import type { ByteStream } from "../../base/byte-stream.ts";
import type { ClientId } from "../../base/ids.ts";
import { toClientId } from "../../base/ids.ts";
import { isReserved, levelCount } from "../../base/topic-name.ts";
import type { ConnackProperties, ConnectPacket, WillPacket } from "../codec/packets.ts";
import type { AuthExchange, AuthOutcome, Identity, MqttOptions, MqttPorts, Will } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import type { SessionRegistry } from "../session/session-registry.ts";
import { hasPromisedFormat } from "./payload-format.ts";
import { responseInformation } from "./response-information.ts";

/** A CONNECT that may go on to its session. */
export interface Admission {
  readonly clientId: ClientId;
  readonly user: string;
  readonly cleanStart: boolean;
  readonly will: Will | undefined;
  /** Seconds. */
  readonly expiryInterval: number;
  /** Seconds; 0 = none. */
  readonly keepAlive: number;
  /** For MQTT 5. */
  readonly properties: ConnackProperties;
}

/** A CONNECT that is answered with a refusal [MQTT-3.1.4-2]. */
export interface Refusal {
  readonly reasonCode: ReasonCode;
  readonly reasonString: string;
}

/** Leads the conversation of an authentication method with the client. */
export type Converse = (
  method: string,
  exchange: AuthExchange,
  data: Buffer | undefined,
) => Promise<AuthOutcome>;

/** Decides about a CONNECT (MQTT 5 §3.1.4): who it is, and with which limits. Touches no session yet. */
export async function admit(
  packet: ConnectPacket,
  peer: Pick<ByteStream, "isLoopback" | "clientCertificate">,
  sessions: SessionRegistry,
  ports: MqttPorts,
  options: MqttOptions,
  converse: Converse,
): Promise<Admission | Refusal> {
  if (packet.clientId === "" && packet.protocolVersion !== 5 && !packet.cleanStart) {
    return {
      reasonCode: ReasonCode.ClientIdentifierNotValid,
      reasonString: "an empty client id needs Clean Session",
    }; // [MQTT3-3.1.3-8]
  }
  const clientId = packet.clientId === "" ? toClientId(`auto-${ports.randomId()}`) : packet.clientId; // [MQTT-3.1.3-6]
  const identified = await identify(packet, clientId, peer, ports, converse);
  if ("reasonCode" in identified) return identified;
  const { user } = identified;
  if (sessions.belongsToAnother(clientId, user)) {
    return { reasonCode: ReasonCode.NotAuthorized, reasonString: "this client id belongs to another user" };
  }
  return (
    willRefusal(packet.will, clientId, user, ports, options) ??
    accept(packet, clientId, identified, ports, options)
  );
}

interface Identified {
  readonly user: string;
  /** With an authentication method only [MQTT-4.12.0-6]. */
  readonly authenticationMethod: string | undefined;
  readonly authenticationData: Buffer | undefined;
}

async function identify(
  packet: ConnectPacket,
  clientId: ClientId,
  { isLoopback, clientCertificate }: Pick<ByteStream, "isLoopback" | "clientCertificate">,
  ports: MqttPorts,
  converse: Converse,
): Promise<Identified | Refusal> {
  const { username, password, authenticationMethod } = packet;
  const certificateUser = clientCertificate?.user;
  if (authenticationMethod !== undefined) {
    return identifyByMethod(authenticationMethod, packet, certificateUser, ports, converse);
  }
  const credentials = { clientId, username, password, isLoopback, certificateUser };
  const result = await ports.authorization.authenticate(credentials);
  if (!result.accepted) return notAuthenticated(result.reason);
  return { user: result.user, authenticationMethod, authenticationData: undefined };
}

/** The method says who it is: user name and password of CONNECT are not looked at. */
async function identifyByMethod(
  authenticationMethod: string,
  packet: ConnectPacket,
  certificateUser: string | undefined,
  { authorization }: MqttPorts,
  converse: Converse,
): Promise<Identified | Refusal> {
  const exchange = authorization.exchange(authenticationMethod);
  if (exchange === undefined) {
    const reasonString = "this authentication method is not offered";
    return { reasonCode: ReasonCode.BadAuthenticationMethod, reasonString }; // [MQTT-4.12.0-1]
  }
  const outcome = await converse(authenticationMethod, exchange, packet.authenticationData);
  if (outcome.kind === "refused") {
    return { ...notAuthenticated(outcome.reason), reasonString: outcome.detail }; // [MQTT-4.12.0-4]
  }
  if (certificateUser !== undefined && certificateUser !== outcome.user) {
    return { reasonCode: ReasonCode.NotAuthorized, reasonString: "the certificate is another user's" };
  }
  return { user: outcome.user, authenticationMethod, authenticationData: outcome.data }; // [MQTT-4.12.0-5]
}

function notAuthenticated(reason: "badUserNameOrPassword" | "notAuthorized"): Refusal {
  return reason === "badUserNameOrPassword"
    ? { reasonCode: ReasonCode.BadUserNameOrPassword, reasonString: "bad user name or password" }
    : { reasonCode: ReasonCode.NotAuthorized, reasonString: "anonymous clients are not accepted here" };
}

function willRefusal(
  will: WillPacket | undefined,
  clientId: ClientId,
  user: string,
  ports: MqttPorts,
  options: MqttOptions,
): Refusal | undefined {
  if (will === undefined) return undefined;
  if (will.qos > options.maximumQoS)
    return { reasonCode: ReasonCode.QoSNotSupported, reasonString: "will QoS" }; // [MQTT-3.2.2-12]
  if (will.retain && !options.retainAvailable) {
    return { reasonCode: ReasonCode.RetainNotSupported, reasonString: "will with RETAIN" }; // [MQTT-3.2.2-13]
  }
  if (levelCount(will.topicName) > options.maximumTopicLevels) {
    ports.counters.limitReached("topic_levels");
    return { reasonCode: ReasonCode.TopicNameInvalid, reasonString: "will topic has too many levels" };
  }
  if (options.checkPayloadFormat && !hasPromisedFormat(will.payload, will.properties)) {
    return { reasonCode: ReasonCode.PayloadFormatInvalid, reasonString: "the will's payload is not UTF-8" };
  }
  if (isReserved(will.topicName)) {
    return { reasonCode: ReasonCode.NotAuthorized, reasonString: "the will topic is the broker's own" };
  }
  if (ports.authorization.mayPublish({ clientId, user }, will.topicName)) return undefined;
  return { reasonCode: ReasonCode.NotAuthorized, reasonString: "the will topic is not allowed" };
}

function accept(
  packet: ConnectPacket,
  clientId: ClientId,
  { user, authenticationMethod, authenticationData }: Identified,
  ports: MqttPorts,
  options: MqttOptions,
): Admission {
  const expiryInterval = Math.min(packet.sessionExpiryInterval, options.sessionExpiryMaximum);
  const keepAlive = cappedKeepAlive(packet, options.maximumKeepAlive);
  const needed: ConnackProperties = {
    sessionExpiryInterval: expiryInterval === packet.sessionExpiryInterval ? undefined : expiryInterval,
    receiveMaximum: options.receiveMaximum,
    maximumQoS: options.maximumQoS === 2 ? undefined : options.maximumQoS,
    retainAvailable: options.retainAvailable ? undefined : false,
    maximumPacketSize: options.maximumPacketSize,
    assignedClientIdentifier: packet.clientId === "" ? clientId : undefined, // [MQTT-3.2.2-16]
    topicAliasMaximum: options.topicAliasMaximum,
    wildcardSubscriptionAvailable: options.wildcardSubscriptionAvailable ? undefined : false,
    sharedSubscriptionAvailable: options.sharedSubscriptionAvailable ? undefined : false,
    serverKeepAlive: keepAlive === packet.keepAlive ? undefined : keepAlive, // [MQTT-3.2.2-21]
    responseInformation: responsesTo(packet, { clientId, user }, options),
    authenticationMethod,
    authenticationData,
  };
  const properties = { ...needed, userProperties: durabilityFor(packet, needed, options) };
  const will = packet.will && toWill(packet.will, clientId, ports.clock.now());
  return { clientId, user, cleanStart: packet.cleanStart, will, expiryInterval, keepAlive, properties };
}

/** What a CONNACK takes at most beside its texts, with the property below. */
const CONNACK_BYTES = 80;

/** What acknowledgements are worth (docs/durability.md); not where the packet might become too large [MQTT-3.2.2-20]. */
function durabilityFor(
  { maximumPacketSize }: ConnectPacket,
  {
    assignedClientIdentifier,
    responseInformation,
    authenticationMethod,
    authenticationData,
  }: ConnackProperties,
  { durability }: MqttOptions,
): ConnackProperties["userProperties"] {
  let length = CONNACK_BYTES + (authenticationData?.length ?? 0);
  for (const text of [assignedClientIdentifier, responseInformation, authenticationMethod]) {
    length += text === undefined ? 0 : Buffer.byteLength(text) + 3;
  }
  const fits = maximumPacketSize === 0 || length <= maximumPacketSize;
  return fits ? [["durability", durability]] : undefined;
}

function responsesTo(
  { requestResponseInformation }: ConnectPacket,
  identity: Identity,
  { responseInformation: template }: MqttOptions,
): string | undefined {
  if (!requestResponseInformation || template === null) return undefined; // [MQTT-3.1.2-28]
  return responseInformation(template, identity);
}

/** Only MQTT 5 clients can be told another Keep Alive: the others keep the one they asked for. */
function cappedKeepAlive({ keepAlive, protocolVersion }: ConnectPacket, maximum: number): number {
  if (protocolVersion !== 5) return keepAlive;
  return keepAlive === 0 && maximum < 65535 ? maximum : Math.min(keepAlive, maximum);
}

/** `expiresAt - receivedAt` is the Message Expiry Interval: both are moved to the time of publication. */
function toWill(will: WillPacket, clientId: ClientId, now: number): Will {
  const { topicName, qos, retain, properties } = will;
  const expiresAt = will.messageExpiryInterval === undefined ? 0 : now + will.messageExpiryInterval * 1000;
  const payload = Buffer.from(will.payload);
  return {
    message: {
      topicName,
      payload,
      qos,
      retain,
      properties,
      publisherId: clientId,
      receivedAt: now,
      expiresAt,
      envelope: undefined,
    },
    delayInterval: will.willDelayInterval,
  };
}
