import { z } from "zod";

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** `sessions:` section. */
export const sessionsSection = z.strictObject({
  maximumQueuedMessages: count
    .default(100_000)
    .describe("Messages that may wait for one session, more are dropped and counted; 0 = no limit"),
  maximumQueuedBytes: count.default(256 * 1024 * 1024).describe("The same limit in bytes; 0 = no limit"),
});
