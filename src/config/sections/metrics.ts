import { z } from "zod";

/** `metrics:` section. */
export const metricsSection = z.strictObject({
  sysInterval: z
    .int()
    .min(0)
    .max(86_400)
    .default(10)
    .describe("Seconds between updates of the $SYS/broker/ topics; 0 leaves them out"),
  largestQueues: z
    .int()
    .min(0)
    .max(1000)
    .default(20)
    .describe("AMQP-style queues with figures of their own on /metrics: those with the most messages"),
});
