import { z } from "zod";

/** `storage:` section. */
export const storageSection = z.strictObject({
  durability: z
    .enum(["disk", "os", "memory"])
    .default("disk")
    .describe(
      "What an acknowledgement waits for: disk (fsync), os (survives a killed process) or memory (nothing)",
    ),
});
