import type { AclFile } from "./acl/acl-file.ts";
import type { Identity } from "./acl/identity-rules.ts";
import {
  type AuthExchange,
  type Authenticator,
  type AuthResult,
  BAD_USER_NAME_OR_PASSWORD,
  type Credentials,
} from "./authenticator.ts";

export interface AccessControlParts {
  /** Asked about clients without a user name. */
  readonly anonymous: Authenticator;
  /** Asked about all others; undefined: no user name is known. */
  readonly users: Authenticator | undefined;
  /** Undefined: everybody who is let in may use every topic. */
  readonly acl: AclFile | undefined;
}

/** Who may connect and what they may do: what the protocol rooms ask. */
export class AccessControl {
  readonly #parts: AccessControlParts;

  constructor(parts: AccessControlParts) {
    this.#parts = parts;
  }

  /** False: `mayPublish`, `maySubscribe` and `mayReceive` always say yes. */
  get hasRules(): boolean {
    return this.#parts.acl !== undefined;
  }

  authenticate(credentials: Credentials): AuthResult | Promise<AuthResult> {
    const { anonymous, users } = this.#parts;
    const { certificateUser } = credentials;
    if (certificateUser !== undefined) return { accepted: true, user: certificateUser };
    if (isAnonymous(credentials)) return anonymous.authenticate(credentials);
    return users === undefined ? BAD_USER_NAME_OR_PASSWORD : users.authenticate(credentials);
  }

  /** Enhanced authentication (MQTT 5 §4.12); undefined: the method is not offered. */
  exchange(method: string): AuthExchange | undefined {
    return this.#parts.users?.exchange?.(method);
  }

  mayPublish(identity: Identity, topicName: string): boolean {
    return this.#parts.acl?.mayPublish(identity, topicName) ?? true;
  }

  maySubscribe(identity: Identity, topicFilter: string): boolean {
    return this.#parts.acl?.maySubscribe(identity, withoutShare(topicFilter)) ?? true;
  }

  mayReceive(identity: Identity, topicName: string): boolean {
    return this.#parts.acl?.mayReceive(identity, topicName) ?? true;
  }
}

/** Some clients send an empty user name when they mean none. */
function isAnonymous({ username, password }: Credentials): boolean {
  return username === undefined || (username === "" && (password?.length ?? 0) === 0);
}

/** The filter of a shared subscription `$share/{name}/{filter}` (MQTT 5 §4.8.2). */
function withoutShare(topicFilter: string): string {
  if (!topicFilter.startsWith("$share/")) return topicFilter;
  return topicFilter.slice(topicFilter.indexOf("/", "$share/".length) + 1);
}
