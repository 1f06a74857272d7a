import { readFile } from "node:fs/promises";
import { ConfigError, describe } from "../../base/errors.ts";
import { parseAcl } from "./acl-parser.ts";
import type { AclRules } from "./acl-rules.ts";
import { DecisionCache } from "./decision-cache.ts";
import type { Identity } from "./identity-rules.ts";

/**
 * Permissions from a file in Mosquitto's format. A subscription is accepted when some topic it matches may be read;
 * every message is then checked against `mayReceive` before it is delivered, so nothing denied ever arrives.
 */
export class AclFile {
  readonly #path: string;
  #decisions: DecisionCache;

  private constructor(path: string, rules: AclRules) {
    this.#path = path;
    this.#decisions = new DecisionCache(rules);
  }

  /** Rejects with a ConfigError that names file and line. */
  static async load(path: string): Promise<AclFile> {
    return new AclFile(path, await readRules(path));
  }

  /** Reads the file again; in force at once. When that rejects (ConfigError), what was read last stays in force. */
  async reload(): Promise<void> {
    this.#decisions = new DecisionCache(await readRules(this.#path));
  }

  mayPublish(identity: Identity, topicName: string): boolean {
    return this.#decisions.may("write", identity, topicName);
  }

  mayReceive(identity: Identity, topicName: string): boolean {
    return this.#decisions.may("read", identity, topicName);
  }

  maySubscribe(identity: Identity, topicFilter: string): boolean {
    return this.#decisions.rulesOf(identity).mayReadSome(topicFilter);
  }
}

async function readRules(path: string): Promise<AclRules> {
  try {
    return parseAcl(await readFile(path, "utf8"), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path} cannot be read: ${describe(error)}`, { cause: error });
  }
}
