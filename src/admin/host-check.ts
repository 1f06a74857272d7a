import { isIP } from "node:net";

/**
 * Whether a request may be meant for us by the Host header it carries. A page in a browser on this machine could
 * reach a loopback listener under a name of its own that resolves to it; it cannot choose a literal address.
 */
export function isOwnHost(host: string | undefined, boundTo: string): boolean {
  if (!isLoopback(boundTo)) return true;
  const name = nameIn(host ?? "");
  return name === "localhost" || isIP(name) !== 0;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Without the port, and the brackets of IPv6. */
function nameIn(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, "")).toLowerCase();
}
