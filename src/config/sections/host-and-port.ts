import { z } from "zod";

/** A place to listen at or to connect to. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const BRACKETED = /^\[([0-9a-fA-F:.%]+)\]:(\d{1,5})$/;
const PLAIN = /^([^:\s[\]]+):(\d{1,5})$/;

/** Splits "host:port" or "[IPv6]:port"; undefined when it is neither. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const found = BRACKETED.exec(text) ?? PLAIN.exec(text);
  const host = found?.[1];
  const port = Number(found?.[2]);
  return host !== undefined && port <= 65_535 ? { host, port } : undefined;
}

/** A key of the form "host:port"; `example` is shown when it is not. */
export function hostAndPort(example: string) {
  return z.string().transform((text, context): HostAndPort => {
    const parsed = parseHostAndPort(text);
    if (parsed !== undefined) return parsed;
    context.issues.push({
      code: "custom",
      message: `must be "host:port" such as "${example}"`,
      input: text,
    });
    return z.NEVER;
  });
}
