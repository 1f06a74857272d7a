import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { ConfigError } from "../base/errors.ts";
import { fromBase64 } from "./base64.ts";
import { ITERATIONS, isSalt, parseIterations, SALT_BYTES } from "./password-hash.ts";
import { saslprep } from "./saslprep.ts";

const derive = promisify(pbkdf2);

export const SCRAM_KEY_BYTES = 32;

/**
 * What is kept of a password for SCRAM-SHA-256 (RFC 5802 §3): enough to check a client's proof and to prove ourselves,
 * not enough to log in.
 */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** `$scram-sha-256$iterations$salt$storedKey$serverKey`; undefined for anything else. */
export function parseScramVerifier(text: string): ScramVerifier | undefined {
  const [empty, kind, iterationsText = "", ...rest] = text.split("$");
  if (empty !== "" || kind !== "scram-sha-256" || rest.length !== 3) return undefined;
  const iterations = parseIterations(iterationsText);
  const [salt, storedKey, serverKey] = rest.map(fromBase64);
  if (iterations === undefined || !isSalt(salt) || !isKey(storedKey) || !isKey(serverKey)) return undefined;
  return { iterations, salt, storedKey, serverKey };
}

function isKey(bytes: Buffer | undefined): bytes is Buffer {
  return bytes?.length === SCRAM_KEY_BYTES;
}

/** A new `$scram-sha-256$…` text for a password file. Rejects with a ConfigError when SASLprep refuses the password. */
export async function hashForScram(password: string, iterations: number = ITERATIONS): Promise<string> {
  const prepared = saslprep(password);
  if (prepared === undefined)
    throw new ConfigError("the password holds characters that SCRAM does not allow");
  const salt = randomBytes(SALT_BYTES);
  const { storedKey, serverKey } = await deriveVerifier(Buffer.from(prepared), salt, iterations);
  const parts = [salt, storedKey, serverKey].map((part) => part.toString("base64"));
  return `$scram-sha-256$${iterations}$${parts.join("$")}`;
}

/** Whether a password sent in the clear is the one the verifier was made of. */
export async function isScramPassword(stored: ScramVerifier, password: Buffer): Promise<boolean> {
  const prepared = Buffer.from(saslprep(password.toString()) ?? password);
  const { storedKey } = await deriveVerifier(prepared, stored.salt, stored.iterations);
  return timingSafeEqual(storedKey, stored.storedKey);
}

/** RFC 5802 §3: the salted password itself is not kept. */
export async function deriveVerifier(
  prepared: Buffer,
  salt: Buffer,
  iterations: number,
): Promise<ScramVerifier> {
  const salted = await derive(prepared, salt, iterations, SCRAM_KEY_BYTES, "sha256");
  const storedKey = sha256(hmac(salted, "Client Key"));
  return { iterations, salt, storedKey, serverKey: hmac(salted, "Server Key") };
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
