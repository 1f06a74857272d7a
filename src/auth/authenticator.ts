/** What a client says of itself when it connects. */
export interface Credentials {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly isLoopback: boolean;
  /** Who the client is by its verified certificate; it stands for user name and password. */
  readonly certificateUser?: string | undefined;
}

export type AuthResult =
  /** `user` is "" for an anonymous client. */
  | { readonly accepted: true; readonly user: string }
  | { readonly accepted: false; readonly reason: "badUserNameOrPassword" | "notAuthorized" };

/** What a method of enhanced authentication says to the client's last words. */
export type AuthStep =
  | { readonly kind: "continue"; readonly data: Buffer }
  | { readonly kind: "accepted"; readonly user: string; readonly data: Buffer }
  /** `detail` may be told to the client. */
  | {
      readonly kind: "refused";
      readonly reason: "badUserNameOrPassword" | "notAuthorized";
      readonly detail: string;
    };

/** One conversation with one client; over when a step does not continue. */
export interface AuthExchange {
  next(data: Buffer | undefined): AuthStep | Promise<AuthStep>;
}

/** Decides who may connect, and as whom. */
export interface Authenticator {
  authenticate(credentials: Credentials): AuthResult | Promise<AuthResult>;
  /** Begins a conversation; undefined: the method is not offered. */
  exchange?(method: string): AuthExchange | undefined;
}

export const ANONYMOUS: AuthResult = { accepted: true, user: "" };
export const NOT_AUTHORIZED: AuthResult = { accepted: false, reason: "notAuthorized" };
export const BAD_USER_NAME_OR_PASSWORD: AuthResult = { accepted: false, reason: "badUserNameOrPassword" };
