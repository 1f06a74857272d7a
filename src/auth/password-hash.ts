import { createHash, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { fromBase64 } from "./base64.ts";

const derive = promisify(pbkdf2);

/** A stored password: Mosquitto's `$6$salt$hash` (iterations 0) or `$7$iterations$salt$hash`. */
export interface PasswordHash {
  /** PBKDF2 rounds; 0 = one plain SHA-512 of password and salt. */
  readonly iterations: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export const HASH_BYTES = 64;
export const SALT_BYTES = 12;
const LONGEST_SALT_BYTES = 64;
const MOST_ITERATIONS = 10_000_000;

/** About 8 ms per connection on one core: a fleet that reconnects must not wait for minutes. */
export const ITERATIONS = 10_000;

/** Returns undefined when the text is neither of the two formats. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [empty, kind, ...rest] = text.split("$");
  if (empty !== "") return undefined;
  if (kind === "6" && rest.length === 2) return passwordHash(0, rest[0], rest[1]);
  if (kind !== "7" || rest.length !== 3) return undefined;
  const iterations = parseIterations(rest[0] ?? "");
  return iterations === undefined ? undefined : passwordHash(iterations, rest[1], rest[2]);
}

/** Undefined for what is no number, and for more than a connection may cost. */
export function parseIterations(text: string): number | undefined {
  const iterations = /^[1-9]\d{0,7}$/.test(text) ? Number(text) : undefined;
  return iterations !== undefined && iterations <= MOST_ITERATIONS ? iterations : undefined;
}

export function isSalt(bytes: Buffer | undefined): bytes is Buffer {
  return bytes !== undefined && bytes.length > 0 && bytes.length <= LONGEST_SALT_BYTES;
}

function passwordHash(iterations: number, saltText = "", hashText = ""): PasswordHash | undefined {
  const salt = fromBase64(saltText);
  const hash = fromBase64(hashText);
  return isSalt(salt) && hash?.length === HASH_BYTES ? { iterations, salt, hash } : undefined;
}

/** Compares in a time that does not depend on where the two differ. */
export async function isPassword(stored: PasswordHash, password: Buffer): Promise<boolean> {
  return timingSafeEqual(await digest(password, stored.salt, stored.iterations), stored.hash);
}

/** A new `$7$…` text for a password file. */
export async function hashPassword(
  password: string | Buffer,
  iterations: number = ITERATIONS,
): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await digest(Buffer.from(password), salt, iterations);
  return `$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

async function digest(password: Buffer, salt: Buffer, iterations: number): Promise<Buffer> {
  if (iterations === 0) return createHash("sha512").update(password).update(salt).digest();
  return derive(password, salt, iterations, HASH_BYTES, "sha512");
}
