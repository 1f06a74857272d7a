import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigError, describe } from "../base/errors.ts";
import {
  type AuthExchange,
  type Authenticator,
  type AuthResult,
  BAD_USER_NAME_OR_PASSWORD,
  type Credentials,
  NOT_AUTHORIZED,
} from "./authenticator.ts";
import { parsePasswordLines } from "./password-lines.ts";
import { SCRAM_SHA_256, ScramExchange } from "./scram-exchange.ts";
import { ScramUsers } from "./scram-users.ts";
import { decoyOf, isStoredPassword, type StoredPassword } from "./stored-password.ts";
import { WorkSlots } from "./work-slots.ts";

/** Checks at once; hashing shares libuv's threads with the store, which must never wait for a storm of connections. */
const CHECKS_AT_ONCE = 2;
const CHECKS_WAITING = 10_000;
const NONCE_BYTES = 18;

/** Users and what is kept of their passwords, from a file in Mosquitto's format with SCRAM verifiers as one more kind. */
export class PasswordFile implements Authenticator {
  readonly #path: string;
  readonly #slots = new WorkSlots(CHECKS_AT_ONCE, CHECKS_WAITING);
  #users: ReadonlyMap<string, StoredPassword>;
  #decoy: StoredPassword;
  #scram: ScramUsers;

  private constructor(path: string, users: ReadonlyMap<string, StoredPassword>) {
    this.#path = path;
    this.#users = users;
    this.#decoy = decoyOf(users.values());
    this.#scram = new ScramUsers(users);
  }

  /** Rejects with a ConfigError that names file and line. */
  static async load(path: string): Promise<PasswordFile> {
    return new PasswordFile(path, await readUsers(path));
  }

  /** Reads the file again. When that rejects (ConfigError), what was read last stays in force. */
  async reload(): Promise<void> {
    this.#users = await readUsers(this.#path);
    this.#decoy = decoyOf(this.#users.values());
    this.#scram = new ScramUsers(this.#users);
  }

  async authenticate({ username, password }: Credentials): Promise<AuthResult> {
    if (username === undefined || password === undefined) return BAD_USER_NAME_OR_PASSWORD;
    const stored = this.#users.get(username);
    const isRight = await this.#slots.run(() => isStoredPassword(stored ?? this.#decoy, password));
    if (isRight === undefined) return NOT_AUTHORIZED; // too many are waiting
    return isRight && stored !== undefined ? { accepted: true, user: username } : BAD_USER_NAME_OR_PASSWORD;
  }

  /** SCRAM-SHA-256, as long as one user has a verifier for it. */
  exchange(method: string): AuthExchange | undefined {
    const users = this.#scram;
    if (method !== SCRAM_SHA_256 || users.isEmpty) return undefined;
    const nonce = (): string => randomBytes(NONCE_BYTES).toString("base64");
    return new ScramExchange({ find: (user) => users.find(user), nonce });
  }
}

async function readUsers(path: string): Promise<ReadonlyMap<string, StoredPassword>> {
  try {
    return parsePasswordLines(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path} cannot be read: ${describe(error)}`, { cause: error });
  }
}
