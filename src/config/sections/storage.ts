import { z } from "zod";

/** `storage:` section. */
export const storageSection = z.strictObject({
  durability: z
    .enum(["disk", "os", "memory"])
    .default("disk")
    .describe(
      "Where a message is before it is acknowledged: disk (fsync), os (lost with the power) or memory (lost with the process)",
    ),
});
