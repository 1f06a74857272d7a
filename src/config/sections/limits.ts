import { z } from "zod";

const KIB = 1024;
const orNone = z.int().min(0).max(1_000_000);

/** `limits:` section: what one client, or all together, may cost. `mqtt:` and `sessions:` hold the others. */
export const limitsSection = z.strictObject({
  unauthenticatedPacketSize: z
    .int()
    .min(128)
    .max(268_435_455)
    .default(64 * KIB)
    .describe("Largest packet read before CONNECT is accepted, in bytes"),
  maximumConnectionsPerAddress: orNone
    .default(10_000)
    .describe("Connections from one address, more are closed at once; 0 = no limit"),
  connectRate: orNone
    .default(500)
    .describe(
      "Clients that may connect per second, twice as many at once, more are refused (0x9F, AMQP: closed); 0 = no limit",
    ),
  exemptLoopback: z
    .boolean()
    .default(true)
    .describe("Whether the two limits above leave out connections from this machine"),
  maximumLoopDelay: orNone
    .default(1000)
    .describe(
      "Milliseconds the broker may be behind, mean of a second, before new clients are refused (0x89, AMQP: closed); 0 = no limit",
    ),
  messageRate: orNone
    .default(0)
    .describe("PUBLISH packets per second and client, whoever sends more is read more slowly; 0 = no limit"),
  whenMessageRateExceeded: z
    .enum(["slow", "disconnect"])
    .default("slow")
    .describe("slow (the client is not read for the rest of the second) or disconnect (with 0x96)"),
  maximumFiltersPerPacket: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe("Topic filters in one SUBSCRIBE or UNSUBSCRIBE, more end the connection with 0x97"),
  maximumUnreleasedMessages: z
    .int()
    .min(1)
    .max(65_535)
    .default(65_535)
    .describe(
      "QoS 2 messages a client may leave without PUBREL where receiveMaximum does not hold, as in MQTT 3",
    ),
});
