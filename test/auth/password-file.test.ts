import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { PasswordFile } from "../../src/auth/password-file.ts";
import { hashPassword } from "../../src/auth/password-hash.ts";
import { isUserName, parsePasswordLines, withPasswordLine } from "../../src/auth/password-lines.ts";
import { hashForScram } from "../../src/auth/scram-verifier.ts";
import { ConfigError } from "../../src/base/errors.ts";
import { MADE_BY_MOSQUITTO } from "./mosquitto-lines.ts";
import { fields, ScramClient } from "./scram-client.ts";
import { temporaryFile } from "./temporary-file.ts";

const LINES = MADE_BY_MOSQUITTO.map(({ user, hash }) => `${user}:${hash}\n`);
const REFUSED = { accepted: false, reason: "badUserNameOrPassword" };

function credentials(username: string | undefined, password: string | undefined) {
  return {
    clientId: "c",
    username,
    password: password === undefined ? undefined : Buffer.from(password),
    isLoopback: true,
  };
}

describe("password file", () => {
  it("lets users in with the passwords of a file that Mosquitto wrote", async () => {
    const file = await PasswordFile.load(await temporaryFile("passwords", `# devices\n\n${LINES.join("")}`));

    for (const { user, password } of MADE_BY_MOSQUITTO) {
      expect(await file.authenticate(credentials(user, password))).toEqual({ accepted: true, user });
    }
  });

  it("refuses wrong passwords, unknown users and missing passwords alike", async () => {
    const file = await PasswordFile.load(await temporaryFile("passwords", LINES.join("")));

    expect(await file.authenticate(credentials("sensor", "wrong"))).toEqual(REFUSED);
    expect(await file.authenticate(credentials("nobody", "correct horse"))).toEqual(REFUSED);
    expect(await file.authenticate(credentials("sensor", undefined))).toEqual(REFUSED);
    expect(await file.authenticate(credentials("__proto__", ""))).toEqual(REFUSED);
  });

  it("refuses everybody when the file is empty", async () => {
    const file = await PasswordFile.load(await temporaryFile("passwords", ""));

    expect(await file.authenticate(credentials("sensor", ""))).toEqual(REFUSED);
  });

  it("serves many connections at once", async () => {
    const file = await PasswordFile.load(await temporaryFile("passwords", LINES.join("")));

    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        file.authenticate(credentials("sensor", i % 2 === 0 ? "correct horse" : "wrong")),
      ),
    );

    expect(results.map((result) => result.accepted)).toEqual(results.map((_, i) => i % 2 === 0));
  });

  it("takes a change over when it is read again", async () => {
    const path = await temporaryFile("passwords", LINES.join(""));
    const file = await PasswordFile.load(path);
    await writeFile(path, `new:${await hashPassword("pw", 10)}\r\n`);

    await file.reload();

    expect(await file.authenticate(credentials("new", "pw"))).toEqual({ accepted: true, user: "new" });
    expect(await file.authenticate(credentials("sensor", "correct horse"))).toEqual(REFUSED);
  });

  it("keeps what it knew when the changed file is broken", async () => {
    const path = await temporaryFile("passwords", LINES.join(""));
    const file = await PasswordFile.load(path);
    await writeFile(path, "sensor\n");

    await expect(file.reload()).rejects.toThrow(ConfigError);

    expect(await file.authenticate(credentials("sensor", "correct horse"))).toMatchObject({ accepted: true });
  });

  it("lets users in whose line is for SCRAM, with their password in the clear too", async () => {
    const line = `anna:${await hashForScram("secret", 20)}\n`;
    const file = await PasswordFile.load(await temporaryFile("passwords", line + LINES.join("")));

    expect(await file.authenticate(credentials("anna", "secret"))).toEqual({ accepted: true, user: "anna" });
    expect(await file.authenticate(credentials("anna", "wrong"))).toEqual(REFUSED);
  });

  it("offers SCRAM-SHA-256 as soon as one user has a verifier, and nothing else", async () => {
    const path = await temporaryFile("passwords", LINES.join(""));
    const file = await PasswordFile.load(path);
    expect(file.exchange("SCRAM-SHA-256")).toBeUndefined();
    await writeFile(path, `anna:${await hashForScram("secret", 20)}\n`);

    await file.reload();

    const client = new ScramClient("anna", "secret");
    const exchange = file.exchange("SCRAM-SHA-256")!;
    const asked = (await exchange.next(client.first())) as { data: Buffer };
    const step = (await exchange.next(client.final(asked.data))) as { data: Buffer };
    expect(step).toMatchObject({ kind: "accepted", user: "anna" });
    expect(client.trusts(step.data)).toBe(true);
    expect(file.exchange("SCRAM-SHA-1")).toBeUndefined();
  });

  it("never asks with the same nonce twice", async () => {
    const line = `anna:${await hashForScram("secret", 20)}\n`;
    const file = await PasswordFile.load(await temporaryFile("passwords", line));
    const ask = async (): Promise<string | undefined> => {
      const step = await file.exchange("SCRAM-SHA-256")!.next(new ScramClient("anna", "").first());
      const { r } = fields((step as { data: Buffer }).data);
      return r;
    };

    const [first, second] = [await ask(), await ask()];

    expect(first).not.toBe(second);
    expect(first).toMatch(/^rOprNGfwEbeRWgbNEkqO.{24}$/);
  });

  it("names a file that is not there", async () => {
    await expect(PasswordFile.load("/nowhere/passwords")).rejects.toThrow(
      /^\/nowhere\/passwords cannot be read: /,
    );
  });
});

describe("lines of a password file", () => {
  it.each([
    ["sensor", "expected user:hash"],
    [":$6$x", "expected user:hash"],
    [
      "other:secret",
      "the hash is none of $6$salt$hash, $7$iterations$salt$hash, $scram-sha-256$iterations$salt$storedKey$serverKey",
    ],
    [LINES[0]!.trim(), 'user "sensor" is listed twice'],
  ])("name file and line of %j", (line, expected) => {
    expect(() => parsePasswordLines(`${LINES[0]}# more\n${line}\n`, "passwords")).toThrow(
      new ConfigError(`passwords:3: ${expected}`),
    );
  });

  it("are replaced or added without touching the others", () => {
    const text = "# ours\na:1\nb:2";

    expect(withPasswordLine(text, "a", "3")).toBe("# ours\na:3\nb:2\n");
    expect(withPasswordLine(text, "c", "3")).toBe("# ours\na:1\nb:2\nc:3\n");
    expect(withPasswordLine("", "a", "1")).toBe("a:1\n");
  });

  it("can hold ordinary user names only", () => {
    const names = ["sensor", "a b", "", " a", "a:b", "a\nb", "#a"];

    expect(names.map(isUserName)).toEqual([true, true, false, false, false, false, false]);
  });
});
