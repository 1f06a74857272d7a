import { describe, expect, it } from "vitest";
import { hashPassword, isPassword, parsePasswordHash } from "../../src/auth/password-hash.ts";
import { decoyOf, isStoredPassword } from "../../src/auth/stored-password.ts";
import { MADE_BY_MOSQUITTO } from "./mosquitto-lines.ts";

describe("password hash", () => {
  it.each(MADE_BY_MOSQUITTO)(
    "knows the password of a line written by mosquitto_passwd: $user",
    async (line) => {
      const stored = parsePasswordHash(line.hash)!;

      expect(await isPassword(stored, Buffer.from(line.password))).toBe(true);
      expect(await isPassword(stored, Buffer.from(`${line.password} `))).toBe(false);
    },
  );

  it("salts each password anew, and knows it again", async () => {
    const [first, second] = await Promise.all([hashPassword("pässword", 50), hashPassword("pässword", 50)]);

    expect(first).not.toBe(second);
    expect(first).toMatch(/^\$7\$50\$/);
    expect(await isPassword(parsePasswordHash(first)!, Buffer.from("pässword"))).toBe(true);
    expect(await isPassword(parsePasswordHash(first)!, Buffer.from("password"))).toBe(false);
  });

  const salt = "dHdlbHZlIGJ5dGVz";
  const hash = `${"A".repeat(86)}==`;
  it.each([
    ["a plain password", "secret"],
    ["an unknown kind", `$8$${salt}$${hash}`],
    ["text before the kind", `x$6$${salt}$${hash}`],
    ["no iterations", `$7$${salt}$${hash}`],
    ["0 iterations", `$7$0$${salt}$${hash}`],
    ["iterations that are no number", `$7$1e3$${salt}$${hash}`],
    ["more iterations than a connection may cost", `$7$10000001$${salt}$${hash}`],
    ["a hash cut short", `$6$${salt}$${hash.slice(4)}`],
    ["no salt", `$6$$${hash}`],
    ["a salt that is not base64", `$6$dHd!bHZlIGJ5dGVz$${hash}`],
    ["a part too many", `$6$${salt}$${hash}$x`],
  ])("refuses %s", (_what, text) => {
    expect(parsePasswordHash(text)).toBeUndefined();
  });

  it("compares unknown users at the cost of the dearest known one", async () => {
    const stored = [
      parsePasswordHash(await hashPassword("a", 10))!,
      parsePasswordHash(await hashPassword("b", 40))!,
    ];

    const decoy = decoyOf(stored);

    expect(decoy.iterations).toBe(40);
    expect(await isStoredPassword(decoy, Buffer.from("b"))).toBe(false);
  });
});
