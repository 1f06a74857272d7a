import { describe, ListenError } from "./errors.ts";

/** `127.0.0.1:1883`, `[::1]:1883`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether the address of a peer is this machine's own: 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another process; stop it or bind another port",
  EACCES: "may not be bound by this user: ports below 1024 need privileges",
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "is not a known host name",
};

/** Says in plain words why `host:port` could not be listened on. */
export function toListenError(error: unknown, host: string, port: number): ListenError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = REASONS[code] ?? `could not be bound: ${describe(error)}`;
  return new ListenError(`${formatAddress(host, port)} ${reason}`, { cause: error });
}
