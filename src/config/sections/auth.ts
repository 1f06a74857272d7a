import { z } from "zod";

const file = z.string().min(1).nullable().default(null);

/** `auth:` section. */
export const authSection = z.strictObject({
  anonymous: z
    .enum(["loopback", "always", "never"])
    .default("loopback")
    .describe("Who may connect without a user name: loopback (this machine only), always or never"),
  passwordFile: file.describe("File of user:hash lines in Mosquitto's format; null accepts no user names"),
  aclFile: file.describe("File of topic permissions in Mosquitto's format; null permits every topic"),
});
