import { z } from "zod";

const MIB = 1024 * 1024;
const WEEK_SECONDS = 7 * 24 * 3600;
const uint16 = z.int().min(0).max(65_535);
const uint32 = z.int().min(0).max(4_294_967_295);
/** Fits into one property. */
const text = z.string().min(1).max(1024);

/** `mqtt:` section. Keys carry the names of the CONNACK properties they set (MQTT 5 §3.2.2.3). */
export const mqttSection = z.strictObject({
  maximumPacketSize: z
    .int()
    .min(128)
    .max(268_435_455)
    .default(MIB)
    .describe("Largest packet accepted from a client, in bytes"),
  receiveMaximum: uint16.min(1).default(1024).describe("QoS 1 and 2 messages a client may have in flight"),
  maximumInflight: uint16
    .min(1)
    .default(65_535)
    .describe("QoS 1 and 2 messages kept in flight to a client that allows more"),
  topicAliasMaximum: uint16.default(64).describe("Topic aliases a client may use; 0 turns them off"),
  outgoingTopicAliases: uint16
    .default(64)
    .describe(
      "Topic aliases used towards a client that allows as many, the first topics get them; 0 turns them off",
    ),
  maximumQoS: z.literal([0, 1, 2]).default(2).describe("Highest QoS accepted and granted"),
  retainAvailable: z.boolean().default(true).describe("Whether retained messages are accepted"),
  wildcardSubscriptionAvailable: z.boolean().default(true).describe("Whether filters may hold + and #"),
  sharedSubscriptionAvailable: z
    .boolean()
    .default(true)
    .describe("Whether $share/ subscriptions are granted"),
  checkPayloadFormat: z
    .boolean()
    .default(false)
    .describe("Whether a payload must be UTF-8 where its Payload Format Indicator says so, 0x99 refuses it"),
  responseInformation: text
    .nullable()
    .default(null)
    .describe(
      "Start of the topics for answers, told to who asks for it, as answers/%c (%c client id, %u user); null tells nobody",
    ),
  serverReference: text
    .nullable()
    .default(null)
    .describe(
      "Server that clients are sent to with 0x9C when this one shuts down, as other.example:1883; null names none",
    ),
  maximumKeepAlive: uint16
    .min(1)
    .default(65_535)
    .describe("Longest keep alive in seconds; who asks for more is told this one"),
  sessionExpiryMaximum: uint32
    .default(WEEK_SECONDS)
    .describe("Longest time in seconds a session outlives its connection"),
  connectTimeout: z
    .int()
    .min(1)
    .max(3600)
    .default(10)
    .describe("Seconds a new connection has to send CONNECT"),
  maximumTopicLevels: z.int().min(1).max(65_535).default(128).describe("Levels a topic or filter may have"),
  maximumSubscriptionsPerClient: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("Subscriptions one session may hold"),
});
