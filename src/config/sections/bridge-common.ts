import { z } from "zod";
import { toTopicFilter } from "../../base/topic-filter.ts";

const MIB = 1024 * 1024;
const count = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

export const from = z
  .string()
  .refine((text) => toTopicFilter(text) !== undefined, {
    error: "must be a topic filter: + fills a whole level, # stands alone at the end",
  })
  .describe("Topic filter of the messages to forward");

export const partitionKey = z
  .string()
  .default(`\${clientId}`)
  .describe("Messages with the same key keep their order; a template");

export const name = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, { error: "must be 1 to 64 of the characters a-z, 0-9 and -" })
  .describe("Names the bridge in logs and metrics, and its outbox in the store");

/** Keys that every kind of bridge has: its outbox, and how that is drained. */
export const outboxKeys = {
  lanes: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("Batches sent side by side; drain the outbox before changing it"),
  outbox: z
    .strictObject({
      maximumMessages: count.default(1_000_000).describe("Messages that may wait for the far side"),
      maximumBytes: count.default(1024 * MIB).describe("The same limit in bytes"),
      whenFull: z
        .enum(["block", "reject", "dropNewest"])
        .default("block")
        .describe("block (publishers are slowed), reject (publishers get an error) or dropNewest (counted)"),
    })
    .prefault({}),
  deadLetters: z
    .strictObject({
      maximumMessages: count
        .default(10_000)
        .describe("Undeliverable messages that are kept; when it is full the bridge waits"),
    })
    .prefault({}),
  batch: z
    .strictObject({
      maximumRecords: z.int().min(1).max(100_000).default(1000).describe("Records sent in one batch"),
      maximumBytes: z
        .int()
        .min(1024)
        .max(64 * MIB)
        .default(900_000)
        .describe("Bytes sent in one batch; a larger message travels alone"),
    })
    .prefault({}),
  retry: z
    .strictObject({
      initialMs: z.int().min(1).max(3_600_000).default(100).describe("First pause after a failure"),
      maximumMs: z
        .int()
        .min(1)
        .max(3_600_000)
        .default(30_000)
        .describe("Longest pause; it doubles up to here"),
    })
    .refine((retry) => retry.initialMs <= retry.maximumMs, {
      path: ["maximumMs"],
      error: "must not be smaller than initialMs",
    })
    .prefault({}),
};
