import { describe, expect, it } from "vitest";
import { parsePasswordLines } from "../../src/auth/password-lines.ts";
import { ScramUsers } from "../../src/auth/scram-users.ts";
import { hashForScram } from "../../src/auth/scram-verifier.ts";
import { MADE_BY_MOSQUITTO } from "./mosquitto-lines.ts";

const LINES = [
  `anna:${await hashForScram("secret", 20)}`,
  `bert:${await hashForScram("secret", 30)}`,
  `${MADE_BY_MOSQUITTO[0]?.user}:${MADE_BY_MOSQUITTO[0]?.hash}`,
];
const users = (lines = LINES): ScramUsers =>
  new ScramUsers(parsePasswordLines(lines.join("\n"), "passwords"));

describe("users of SCRAM", () => {
  it("are those with a verifier", () => {
    expect(users().find("anna")).toMatchObject({ isKnown: true, verifier: { iterations: 20 } });
    expect(users().find(MADE_BY_MOSQUITTO[0]!.user)).toMatchObject({ isKnown: false });
    expect(users(LINES.slice(2)).isEmpty).toBe(true);
    expect(users().isEmpty).toBe(false);
  });

  it("cannot be told from others: each unknown name has its salt, the same after a restart", () => {
    const names = Array.from({ length: 40 }, (_, i) => `nobody-${i}`);
    const before = names.map((name) => users().find(name).verifier);
    const after = names.map((name) => users().find(name).verifier);

    expect(after).toEqual(before);
    expect(new Set(before.map(({ salt }) => salt.toString("hex"))).size).toBe(names.length);
    expect(new Set(before.map(({ salt }) => salt.length))).toEqual(new Set([12]));
    expect(new Set(before.map(({ iterations }) => iterations))).toEqual(new Set([20, 30]));
  });

  it("have salts that nobody can work out who does not have the file", () => {
    const elsewhere = users([LINES[1]!]);

    expect(elsewhere.find("nobody").verifier.salt).not.toEqual(users().find("nobody").verifier.salt);
  });
});
