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

/** Decides who may connect, and as whom. */
export interface Authenticator {
  authenticate(credentials: Credentials): AuthResult | Promise<AuthResult>;
}

export const ANONYMOUS: AuthResult = { accepted: true, user: "" };
export const NOT_AUTHORIZED: AuthResult = { accepted: false, reason: "notAuthorized" };
export const BAD_USER_NAME_OR_PASSWORD: AuthResult = { accepted: false, reason: "badUserNameOrPassword" };
