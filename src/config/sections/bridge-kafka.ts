import { z } from "zod";
import { from, name, outboxKeys, partitionKey } from "./bridge-common.ts";
import { parseHostAndPort } from "./host-and-port.ts";

const file = z.string().min(1).nullable().default(null);

const tls = z.union([
  z.boolean(),
  z
    .strictObject({
      ca: file.describe("File of PEM certificates to trust; null trusts the well-known authorities"),
      cert: file.describe("File with the PEM certificate the bridge shows; null shows none"),
      key: file.describe("File with the PEM key of cert"),
      rejectUnauthorized: z
        .boolean()
        .default(true)
        .describe("false accepts any certificate: for trials only"),
    })
    .refine((tls) => (tls.cert === null) === (tls.key === null), {
      path: ["key"],
      error: "cert and key belong together",
    }),
]);

const sasl = z.strictObject({
  mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).describe("How to log in"),
  username: z.string().min(1).describe("User name"),
  password: z.string().describe("Password; better given by the environment than in a file"),
});

const mapping = z.strictObject({
  from,
  topic: z.string().min(1).describe("Kafka topic; a template"),
  key: partitionKey,
  headers: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe("Header name"),
        value: z.string().describe("Header value; a template"),
      }),
    )
    .max(64)
    .default([])
    .describe("Headers added to those the bridge always sends"),
});

/** A bridge of `type: kafka`. */
export const kafkaBridge = z.strictObject({
  type: z.literal("kafka"),
  name,
  brokers: z
    .array(
      z.string().refine((text) => parseHostAndPort(text) !== undefined, {
        error: 'must be "host:port" such as "kafka-1:9092"',
      }),
    )
    .min(1)
    .describe("Brokers to ask first, each host:port"),
  clientId: z.string().min(1).default("causeway").describe("Name shown in the Kafka broker's logs"),
  tls: tls.default(false).describe("false, true, or the keys below"),
  sasl: sasl.nullable().default(null).describe("null, or how to log in"),
  compression: z.enum(["gzip", "none"]).default("gzip").describe("gzip or none"),
  requestTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("Milliseconds Kafka may take to answer a request"),
  forward: z.array(mapping).min(1).max(1000).describe("What goes where"),
  ...outboxKeys,
});
