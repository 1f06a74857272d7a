import { z } from "zod";
import { from, name, outboxKeys, partitionKey } from "./bridge-common.ts";

const mapping = z.strictObject({
  from,
  exchange: z.string().max(255).describe("Exchange to publish to; a template; empty is the default exchange"),
  routingKey: z.string().default(`\${topic}`).describe("Routing key; a template"),
  key: partitionKey,
});

const assertedExchange = z.strictObject({
  name: z.string().min(1).max(255).describe("Exchange name"),
  type: z.enum(["direct", "topic", "fanout", "headers"]).default("topic").describe("Exchange type"),
  durable: z.boolean().default(true).describe("Whether it survives a restart of the server"),
});

/** A bridge of `type: amqp` (AMQP 0-9-1). */
export const amqpBridge = z.strictObject({
  type: z.literal("amqp"),
  name,
  url: z
    .string()
    .refine((text) => /^amqps?:\/\//.test(text) && URL.canParse(text), {
      error: 'must be a URL such as "amqp://user:password@host:5672/vhost"',
    })
    .describe("Server, user and virtual host; amqps:// for TLS"),
  forward: z.array(mapping).min(1).max(1000).describe("What goes where"),
  assertExchanges: z
    .array(assertedExchange)
    .max(1000)
    .default([])
    .describe("Exchanges declared on connecting"),
  mandatory: z.boolean().default(true).describe("Ask the server to return what no queue would take"),
  unroutable: z
    .enum(["deadLetter", "retry", "drop"])
    .default("deadLetter")
    .describe("What happens to a returned message: deadLetter, retry or drop (counted)"),
  heartbeat: z.int().min(0).max(65_535).default(30).describe("Seconds between heartbeats; 0 turns them off"),
  ...outboxKeys,
});
