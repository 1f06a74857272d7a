import { ConfigError } from "../base/errors.ts";
import { parseStoredPassword, type StoredPassword } from "./stored-password.ts";

const NO_FORMAT =
  "the hash is none of $6$salt$hash, $7$iterations$salt$hash, $scram-sha-256$iterations$salt$storedKey$serverKey";

/** Reads `user:hash` lines; any line that is not understood is a ConfigError: who may connect is never guessed. */
export function parsePasswordLines(text: string, origin: string): ReadonlyMap<string, StoredPassword> {
  const users = new Map<string, StoredPassword>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || raw.startsWith("#")) continue;
    const fail = (what: string): ConfigError => new ConfigError(`${origin}:${index + 1}: ${what}`);
    const [user, hash] = halves(line);
    if (user === "" || hash === undefined) throw fail("expected user:hash");
    if (users.has(user)) throw fail(`user ${JSON.stringify(user)} is listed twice`);
    const stored = parseStoredPassword(hash);
    if (stored === undefined) throw fail(NO_FORMAT);
    users.set(user, stored);
  }
  return users;
}

/** The text with the user's line replaced, or added at the end; everything else stays as it was. */
export function withPasswordLine(text: string, user: string, hash: string): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const entry = `${user}:${hash}`;
  const index = lines.findIndex((line) => !line.startsWith("#") && halves(line.trim())[0] === user);
  if (index < 0) lines.push(entry);
  else lines[index] = entry;
  return `${lines.join("\n")}\n`;
}

/** A user name that a password file can hold. */
export function isUserName(user: string): boolean {
  return user !== "" && user.trim() === user && !user.startsWith("#") && !/[:\r\n\0]/.test(user);
}

function halves(line: string): readonly [user: string, hash: string | undefined] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, undefined] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
