import {
  ANONYMOUS,
  type Authenticator,
  type AuthResult,
  type Credentials,
  NOT_AUTHORIZED,
} from "./authenticator.ts";

/** Who may connect without a user name: clients on this machine, everybody, nobody. */
export type AnonymousAccess = "loopback" | "always" | "never";

/** Decides about clients that bring no user name. */
export class AnonymousPolicy implements Authenticator {
  readonly #access: AnonymousAccess;

  constructor(access: AnonymousAccess) {
    this.#access = access;
  }

  authenticate({ isLoopback }: Credentials): AuthResult {
    const isWelcome = this.#access === "always" || (this.#access === "loopback" && isLoopback);
    return isWelcome ? ANONYMOUS : NOT_AUTHORIZED;
  }
}
