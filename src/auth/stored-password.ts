import { randomBytes } from "node:crypto";
import { HASH_BYTES, isPassword, type PasswordHash, parsePasswordHash, SALT_BYTES } from "./password-hash.ts";
import {
  isScramPassword,
  parseScramVerifier,
  SCRAM_KEY_BYTES,
  type ScramVerifier,
} from "./scram-verifier.ts";

/** What a line of a password file holds behind the user name. */
export type StoredPassword = PasswordHash | ScramVerifier;

/** Returns undefined when the text is none of the three formats. */
export function parseStoredPassword(text: string): StoredPassword | undefined {
  return parsePasswordHash(text) ?? parseScramVerifier(text);
}

export function isScramVerifier(stored: StoredPassword): stored is ScramVerifier {
  return "storedKey" in stored;
}

/** Compares a password sent in the clear, in a time that does not depend on where the two differ. */
export function isStoredPassword(stored: StoredPassword, password: Buffer): Promise<boolean> {
  return isScramVerifier(stored) ? isScramPassword(stored, password) : isPassword(stored, password);
}

/** What an unknown user's password is compared with, so that it costs what the dearest known one's does. */
export function decoyOf(stored: Iterable<StoredPassword>): StoredPassword {
  let dearest: StoredPassword = {
    iterations: 0,
    salt: randomBytes(SALT_BYTES),
    hash: randomBytes(HASH_BYTES),
  };
  for (const each of stored) if (each.iterations > dearest.iterations) dearest = each;
  if (!isScramVerifier(dearest)) return { ...dearest, hash: randomBytes(HASH_BYTES) };
  return { ...dearest, storedKey: randomBytes(SCRAM_KEY_BYTES) };
}
