import { z } from "zod";

const MIB = 1024 * 1024;
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** `sessions:` section: what may wait for clients. QoS 0 never waits for a client that is not there. */
export const sessionsSection = z.strictObject({
  maximumQueuedMessages: count
    .default(100_000)
    .describe("Messages that may wait for one session, or one shared subscription; 0 = no limit"),
  maximumQueuedBytes: count.default(256 * MIB).describe("The same limit in bytes; 0 = no limit"),
  whenFull: z
    .enum(["dropNewest", "dropOldest", "reject"])
    .default("dropNewest")
    .describe(
      "dropNewest (what waits stays), dropOldest (a new message takes the oldest's place) or reject (publishers get 0x97)",
    ),
  maximumTotalMessages: count
    .default(0)
    .describe(
      "Messages that may wait for all sessions together, bridges and AMQP queues apart; 0 = no limit",
    ),
  maximumTotalBytes: count.default(0).describe("The same limit in bytes; 0 = no limit"),
  maximumTransientBytes: count
    .default(256 * MIB)
    .describe("Bytes in memory for all sessions together that end with their connection; 0 = no limit"),
});
