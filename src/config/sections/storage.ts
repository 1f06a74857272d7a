import { z } from "zod";

/** `storage:` section. */
export const storageSection = z.strictObject({
  durability: z
    .enum(["disk", "os", "memory"])
    .default("disk")
    .describe(
      "Before an acknowledgement leaves: disk (fsync), os (survives a killed process, not a power cut), memory",
    ),
});
