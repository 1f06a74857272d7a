import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../src/base/errors.ts";
import { type PasswordPorts, setPassword } from "../../src/cli/password-command.ts";

let folder: string;
let passwordFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "causeway-"));
  passwordFile = join(folder, "users");
});
afterEach(() => rmSync(folder, { recursive: true }));

function ports(password: string): PasswordPorts {
  return {
    isUserName: (user) => !user.includes(":"),
    hashPassword: async (text) => `hash of ${text}`,
    withPasswordLine: (text, user, hash) => `${text}${user}=${hash}\n`,
    readPassword: async () => password,
  };
}

describe("causeway passwd", () => {
  it("makes the file, readable by its owner only", async () => {
    const told = await setPassword({ passwordFile, user: "anna" }, ports("secret"));

    expect(readFileSync(passwordFile, "utf8")).toBe("anna=hash of secret\n");
    expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
    expect(told).toBe(`${passwordFile}: the password of anna is set`);
  });

  it("keeps what the file holds and who may read it, and leaves nothing else behind", async () => {
    writeFileSync(passwordFile, "# people\n", { mode: 0o640 });

    await setPassword({ passwordFile, user: "anna" }, ports("secret"));

    expect(readFileSync(passwordFile, "utf8")).toBe("# people\nanna=hash of secret\n");
    expect(statSync(passwordFile).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["users"]);
  });

  it("changes nothing for an empty password or an impossible user name", async () => {
    const empty = setPassword({ passwordFile, user: "anna" }, ports(""));
    const impossible = setPassword({ passwordFile, user: "an:na" }, ports("secret"));

    await expect(empty).rejects.toThrow(ConfigError);
    await expect(impossible).rejects.toThrow(ConfigError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says why the file cannot be written", async () => {
    const request = { passwordFile: join(folder, "missing", "users"), user: "anna" };

    await expect(setPassword(request, ports("secret"))).rejects.toThrow(/missing\/users: ENOENT/);
  });
});
