import { createHash, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** A stored password: Mosquitto's `$6$salt$hash` (iterations 0) or `$7$iterations$salt$hash`. */
export interface PasswordHash {
  /** PBKDF2 rounds; 0 = one plain SHA-512 of password and salt. */
  readonly iterations: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const HASH_BYTES = 64;
const SALT_BYTES = 12;
const LONGEST_SALT_BYTES = 64;
const MOST_ITERATIONS = 10_000_000;

/** About 8 ms per connection on one core: a fleet that reconnects must not wait for minutes. */
const ITERATIONS = 10_000;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Returns undefined when the text is neither of the two formats. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [empty, kind, ...rest] = text.split("$");
  if (empty !== "") return undefined;
  if (kind === "6" && rest.length === 2) return passwordHash(0, rest[0], rest[1]);
  if (kind !== "7" || rest.length !== 3) return undefined;
  const iterations = /^[1-9]\d{0,7}$/.test(rest[0] ?? "") ? Number(rest[0]) : 0;
  if (iterations < 1 || iterations > MOST_ITERATIONS) return undefined;
  return passwordHash(iterations, rest[1], rest[2]);
}

function passwordHash(iterations: number, saltText = "", hashText = ""): PasswordHash | undefined {
  if (!BASE64.test(saltText) || !BASE64.test(hashText)) return undefined;
  const salt = Buffer.from(saltText, "base64");
  const hash = Buffer.from(hashText, "base64");
  const isWhole = salt.length > 0 && salt.length <= LONGEST_SALT_BYTES && hash.length === HASH_BYTES;
  return isWhole ? { iterations, salt, hash } : undefined;
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

/** What an unknown user's password is compared with, so that it costs what a known one's does. */
export function decoyOf(stored: Iterable<PasswordHash>): PasswordHash {
  let iterations = 0;
  for (const each of stored) iterations = Math.max(iterations, each.iterations);
  return { iterations, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
}

async function digest(password: Buffer, salt: Buffer, iterations: number): Promise<Buffer> {
  if (iterations === 0) return createHash("sha512").update(password).update(salt).digest();
  return derive(password, salt, iterations, HASH_BYTES, "sha512");
}
