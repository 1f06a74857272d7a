import { z } from "zod";

/** `amqp:` section. */
export const amqpSection = z.strictObject({
  maximumFrameSize: z
    .int()
    .min(4096)
    .max(16 * 1024 * 1024)
    .default(131_072)
    .describe("Largest frame offered to clients, in bytes"),
  maximumChannels: z.int().min(1).max(65_535).default(2047).describe("Channels a connection may open"),
  maximumMessageSize: z
    .int()
    .min(1)
    .max(512 * 1024 * 1024)
    .default(16 * 1024 * 1024)
    .describe("Largest message accepted from a client, in bytes"),
  heartbeat: z
    .int()
    .min(0)
    .max(65_535)
    .default(60)
    .describe("Seconds between heartbeats as offered; 0 turns them off"),
  product: z
    .string()
    .min(1)
    .max(255)
    .default("Causeway")
    .describe("Product named to clients; some take RabbitMQ for leave to set prefetch per channel"),
});
