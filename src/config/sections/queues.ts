import { z } from "zod";

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const entityName = z.string().min(1).max(255);
const virtualHost = entityName.default("/").describe("Virtual host it belongs to");
const fields = z
  .record(z.string(), z.union([z.string(), z.int(), z.boolean()]))
  .default({})
  .describe("x-arguments, as clients give them");

const exchange = z.strictObject({
  name: entityName.describe("Exchange name"),
  type: z.enum(["direct", "topic", "fanout", "headers"]).default("topic").describe("Exchange type"),
  virtualHost,
  arguments: fields,
});

const binding = z.strictObject({
  exchange: entityName.describe("Exchange to bind to; mqtt takes topic filters, amq.topic keys with dots"),
  key: z.string().max(65_535).default("").describe("Binding key; on the exchange mqtt a topic filter"),
  arguments: fields,
});

const queue = z.strictObject({
  name: entityName.describe("Queue name"),
  virtualHost,
  arguments: fields,
  bindings: z.array(binding).max(1000).default([]).describe("What goes into it"),
});

/** `queues:` section. */
export const queuesSection = z.strictObject({
  virtualHosts: z
    .array(entityName)
    .min(1)
    .max(1000)
    .default(["/"])
    .describe("Name spaces of exchanges and queues; MQTT topics are seen from the first"),
  maximumQueues: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100_000)
    .describe("Queues of all virtual hosts together"),
  maximumExchanges: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("Exchanges of all virtual hosts together, but for those that are always there"),
  maximumBindings: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe("Bindings of all virtual hosts together"),
  maximumMemoryBytes: count
    .default(256 * 1024 * 1024)
    .describe("What all queues that are not durable may hold together, in bytes"),
  deliveryLimit: count
    .default(0)
    .describe(
      "How often a message may be given back before it is dead-lettered; 0 = no limit; x-delivery-limit sets it",
    ),
  consumerTimeout: count
    .default(1800)
    .describe("Seconds a consumer may hold a message, then its channel is closed; 0 = no limit"),
  exchanges: z
    .array(exchange)
    .max(1000)
    .default([])
    .describe("Durable exchanges that are there from the start"),
  queues: z
    .array(queue)
    .max(1000)
    .default([])
    .describe("Durable queues that are there from the start; see config/examples/"),
});
