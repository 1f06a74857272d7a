import { readFile } from "node:fs/promises";
import { ConfigError, describe } from "../base/errors.ts";
import {
  type Authenticator,
  type AuthResult,
  BAD_USER_NAME_OR_PASSWORD,
  type Credentials,
  NOT_AUTHORIZED,
} from "./authenticator.ts";
import { decoyOf, isPassword, type PasswordHash } from "./password-hash.ts";
import { parsePasswordLines } from "./password-lines.ts";
import { WorkSlots } from "./work-slots.ts";

/** Checks at once; hashing shares libuv's threads with the store, which must never wait for a storm of connections. */
const CHECKS_AT_ONCE = 2;
const CHECKS_WAITING = 10_000;

/** Users and password hashes from a file in Mosquitto's format. */
export class PasswordFile implements Authenticator {
  readonly #path: string;
  readonly #slots = new WorkSlots(CHECKS_AT_ONCE, CHECKS_WAITING);
  #users: ReadonlyMap<string, PasswordHash>;
  #decoy: PasswordHash;

  private constructor(path: string, users: ReadonlyMap<string, PasswordHash>) {
    this.#path = path;
    this.#users = users;
    this.#decoy = decoyOf(users.values());
  }

  /** Rejects with a ConfigError that names file and line. */
  static async load(path: string): Promise<PasswordFile> {
    return new PasswordFile(path, await readUsers(path));
  }

  /** Reads the file again. When that rejects (ConfigError), what was read last stays in force. */
  async reload(): Promise<void> {
    this.#users = await readUsers(this.#path);
    this.#decoy = decoyOf(this.#users.values());
  }

  async authenticate({ username, password }: Credentials): Promise<AuthResult> {
    if (username === undefined || password === undefined) return BAD_USER_NAME_OR_PASSWORD;
    const stored = this.#users.get(username);
    const isRight = await this.#slots.run(() => isPassword(stored ?? this.#decoy, password));
    if (isRight === undefined) return NOT_AUTHORIZED; // too many are waiting
    return isRight && stored !== undefined ? { accepted: true, user: username } : BAD_USER_NAME_OR_PASSWORD;
  }
}

async function readUsers(path: string): Promise<ReadonlyMap<string, PasswordHash>> {
  try {
    return parsePasswordLines(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path} cannot be read: ${describe(error)}`, { cause: error });
  }
}
