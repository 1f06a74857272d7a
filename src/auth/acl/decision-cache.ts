import type { AclRules } from "./acl-rules.ts";
import { type Identity, IdentityRules } from "./identity-rules.ts";

interface Known {
  readonly rules: IdentityRules;
  readonly read: Map<string, boolean>;
  readonly write: Map<string, boolean>;
}

/** Decisions and identities remembered before all are forgotten: some tens of megabytes at most. */
const REMEMBERED = 100_000;

/** Remembers what the rules said: checks stand on the way of every message. */
export class DecisionCache {
  readonly #rules: AclRules;
  readonly #limit: number;
  readonly #known = new Map<string, Map<string, Known>>();
  #size = 0;

  constructor(rules: AclRules, limit: number = REMEMBERED) {
    this.#rules = rules;
    this.#limit = limit;
  }

  // hot: per message, and per receiver
  may(access: "read" | "write", identity: Identity, topicName: string): boolean {
    const known = this.#knownOf(identity);
    const remembered = known[access].get(topicName);
    if (remembered !== undefined) return remembered;
    const decision = known.rules.may(access, topicName);
    known[access].set(topicName, decision);
    this.#grow();
    return decision;
  }

  rulesOf(identity: Identity): IdentityRules {
    return this.#knownOf(identity).rules;
  }

  #knownOf(identity: Identity): Known {
    let clients = this.#known.get(identity.user);
    if (clients === undefined) {
      clients = new Map();
      this.#known.set(identity.user, clients);
    }
    let known = clients.get(identity.clientId);
    if (known === undefined) {
      known = { rules: new IdentityRules(this.#rules, identity), read: new Map(), write: new Map() };
      clients.set(identity.clientId, known);
      this.#grow();
    }
    return known;
  }

  #grow(): void {
    this.#size++;
    if (this.#size < this.#limit) return;
    this.#known.clear();
    this.#size = 0;
  }
}
