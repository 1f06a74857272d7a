import { createHash, createHmac } from "node:crypto";
import type { ScramAccount } from "./scram-exchange.ts";
import { SCRAM_KEY_BYTES, type ScramVerifier } from "./scram-verifier.ts";
import { isScramVerifier, type StoredPassword } from "./stored-password.ts";

/**
 * The users of a password file that have a verifier. All other names get one that nobody can meet: the same salt each
 * time, also after a restart, and iterations that real users have. These change when somebody's password does.
 */
export class ScramUsers {
  readonly #verifiers: ReadonlyMap<string, ScramVerifier>;
  readonly #secret: Buffer;
  readonly #shapes: readonly Shape[];

  constructor(users: ReadonlyMap<string, StoredPassword>) {
    const verifiers = new Map<string, ScramVerifier>();
    for (const [user, stored] of users) if (isScramVerifier(stored)) verifiers.set(user, stored);
    this.#verifiers = verifiers;
    this.#secret = secretOf(verifiers.values());
    this.#shapes = shapesOf(verifiers.values());
  }

  get isEmpty(): boolean {
    return this.#verifiers.size === 0;
  }

  /** The decoy is made for known users too: it takes the same time. */
  find(user: string): ScramAccount {
    const decoy = this.#decoyOf(user);
    const verifier = this.#verifiers.get(user);
    return { verifier: verifier ?? decoy, isKnown: verifier !== undefined };
  }

  #decoyOf(user: string): ScramVerifier {
    const pick = this.#digest("shape", user).readUInt32BE() % this.#shapes.length;
    const { iterations, saltBytes } = this.#shapes[pick] as Shape;
    const keys = this.#digest("keys", user);
    return {
      iterations,
      salt: this.#digest("salt", user).subarray(0, saltBytes),
      storedKey: keys.subarray(0, SCRAM_KEY_BYTES),
      serverKey: keys.subarray(SCRAM_KEY_BYTES),
    };
  }

  /** 64 bytes: the longest salt, or two keys. */
  #digest(purpose: string, user: string): Buffer {
    return createHmac("sha512", this.#secret).update(`${purpose}\0${user}`).digest();
  }
}

/** What a client gets to see of a verifier, the salt's content left out. */
interface Shape {
  readonly iterations: number;
  readonly saltBytes: number;
}

function secretOf(verifiers: Iterable<ScramVerifier>): Buffer {
  const hash = createHash("sha256");
  for (const { storedKey, serverKey } of verifiers) hash.update(storedKey).update(serverKey);
  return hash.digest();
}

/** In an order that does not depend on the users'. */
function shapesOf(verifiers: Iterable<ScramVerifier>): readonly Shape[] {
  const shapes = new Map<string, Shape>();
  for (const { iterations, salt } of verifiers) {
    shapes.set(`${iterations} ${salt.length}`, { iterations, saltBytes: salt.length });
  }
  return [...shapes.values()].sort((a, b) => a.iterations - b.iterations || a.saltBytes - b.saltBytes);
}
