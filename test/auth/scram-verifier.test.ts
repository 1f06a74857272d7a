import { describe, expect, it } from "vitest";
import { saslprep } from "../../src/auth/saslprep.ts";
import {
  hashForScram,
  isScramPassword,
  parseScramVerifier,
  type ScramVerifier,
} from "../../src/auth/scram-verifier.ts";
import { decoyOf, isStoredPassword } from "../../src/auth/stored-password.ts";
import { ConfigError } from "../../src/base/errors.ts";

const SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
const KEY = `${"A".repeat(43)}=`;

describe("SCRAM verifier", () => {
  it("is made of a password with a salt of its own, and knows it again", async () => {
    const [first, second] = await Promise.all([hashForScram("pencil", 50), hashForScram("pencil", 50)]);
    const stored = parseScramVerifier(first) as ScramVerifier;

    expect(first).not.toBe(second);
    expect(first).toMatch(/^\$scram-sha-256\$50\$[^$]{16}\$[^$]{44}\$[^$]{44}$/);
    expect(await isScramPassword(stored, Buffer.from("pencil"))).toBe(true);
    expect(await isScramPassword(stored, Buffer.from("pencils"))).toBe(false);
    expect(await isScramPassword(stored, Buffer.of(0xff))).toBe(false);
  });

  it("is the same for two spellings of a password", async () => {
    const stored = parseScramVerifier(await hashForScram("u\u0308\u00a0x", 50)) as ScramVerifier;

    expect(await isScramPassword(stored, Buffer.from("\u00fc x"))).toBe(true);
  });

  it("is not made of a password that SASLprep refuses", async () => {
    await expect(hashForScram("bell\u0007", 50)).rejects.toThrow(ConfigError);
  });

  it.each([
    ["an unknown kind", `$scram-sha-1$4096$${SALT}$${KEY}$${KEY}`],
    ["text before the kind", `x$scram-sha-256$4096$${SALT}$${KEY}$${KEY}`],
    ["0 iterations", `$scram-sha-256$0$${SALT}$${KEY}$${KEY}`],
    ["no salt", `$scram-sha-256$4096$$${KEY}$${KEY}`],
    ["a key cut short", `$scram-sha-256$4096$${SALT}$${KEY}$${KEY.slice(4)}`],
    ["a key that is not base64", `$scram-sha-256$4096$${SALT}$${KEY}$${KEY.replace("A", "!")}`],
    ["a key too few", `$scram-sha-256$4096$${SALT}$${KEY}`],
    ["a key too many", `$scram-sha-256$4096$${SALT}$${KEY}$${KEY}$${KEY}`],
  ])("is not read from %s", (_what, text) => {
    expect(parseScramVerifier(text)).toBeUndefined();
  });

  it("that is the dearest is what unknown users' passwords are compared with, and none fits", async () => {
    const stored = parseScramVerifier(await hashForScram("pencil", 50)) as ScramVerifier;

    const decoy = decoyOf([stored]);

    expect(decoy.iterations).toBe(50);
    expect(await isStoredPassword(decoy, Buffer.from("pencil"))).toBe(false);
  });
});

describe("SASLprep", () => {
  it.each([
    ["I\u00adX", "IX"],
    ["user", "user"],
    ["USER", "USER"],
    ["\u00aa", "a"],
    ["\u2168", "IX"],
    ["a\u3000b", "a b"],
    ["\u0007", undefined],
    ["\ue000", undefined],
    ["\ufffd", undefined],
  ])("makes of %j what RFC 4013 §3 wants: %j", (text, expected) => {
    expect(saslprep(text)).toBe(expected);
  });
});
