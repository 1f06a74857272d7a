import type { FieldTable } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import type { DefinitionKind, DefinitionLimits } from "./ports.ts";

/** Names that only the broker gives. */
const RESERVED_PREFIX = "amq.";
export const DEFAULT_EXCHANGE = "";

/** Kinds of things a virtual host holds. */
export type Kind = "exchange" | "queue";

/** As errors name it: `queue 'orders' in vhost '/'`. The default exchange has a name of its own. */
export function described(kind: Kind, name: string, host: string): string {
  if (kind === "exchange" && name === DEFAULT_EXCHANGE) return `default exchange in vhost '${host}'`;
  return `${kind} '${name}' in vhost '${host}'`;
}

export function notFound(kind: Kind, name: string, host: string): Refusal {
  const what = kind === "exchange" && name === DEFAULT_EXCHANGE ? "default exchange" : `${kind} '${name}'`;
  return new Refusal("not-found", `no ${what} in vhost '${host}'`);
}

export function isReserved(name: string): boolean {
  return name.startsWith(RESERVED_PREFIX);
}

/** `amq.` is for the broker's own names (AMQP 0-9-1 exchange.declare, queue.declare: rule "reserved"). */
export function refuseReserved(kind: Kind, name: string): void {
  if (!isReserved(name)) return;
  throw new Refusal("access", `${kind} name '${name}' contains reserved prefix '${RESERVED_PREFIX}*'`);
}

/** `what` is to be done, as in `declare queue 'orders'`. */
export function refuseWithoutRoom(
  limits: DefinitionLimits,
  kind: DefinitionKind,
  table: FieldTable,
  what: string,
): void {
  const why = limits.refusalOf(kind, table);
  if (why !== undefined) throw new Refusal("precondition", `cannot ${what}: ${why}`);
}

export function refuseDefaultExchange(name: string): void {
  if (name === DEFAULT_EXCHANGE)
    throw new Refusal("access", "operation not permitted on the default exchange");
}
