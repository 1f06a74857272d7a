import { z } from "zod";

/** Folder of the store; created with mode 0700. */
export const data = z
  .string()
  .min(1)
  .default("./data")
  .describe("Folder of the store, created with mode 0700; relative to the working directory");

export const shutdownTimeout = z
  .int()
  .min(0)
  .max(3600)
  .default(10)
  .describe("Seconds a stopping broker gives connections and bridges to finish");

/** `log:` section. */
export const logSection = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("debug, info, warn or error"),
  format: z
    .enum(["auto", "pretty", "json"])
    .default("auto")
    .describe("auto (pretty on a terminal, else json), pretty, or json (one object per line)"),
});
