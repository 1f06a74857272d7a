import { createRequire } from "node:module";
import { METHOD_IDS, type MethodKind } from "../../../src/amqp/codec/methods.generated.ts";

/** amqplib's generated codec: not exported by the package, so it is loaded by its place. */
interface Definitions {
  decode(id: number, bytes: Buffer): Record<string, unknown>;
  encodeMethod(id: number, channel: number, fields: Record<string, unknown>): Buffer;
  encodeProperties(id: number, channel: number, size: number, fields: Record<string, unknown>): Buffer;
  info(id: number): { readonly args: readonly Argument[] };
}

interface TableCodec {
  encodeTable(buffer: Buffer, table: object, offset: number): number;
  decodeFields(bytes: Buffer): Record<string, unknown>;
}

/** One field as amqplib describes it. */
export interface Argument {
  readonly name: string;
  readonly type: "bit" | "octet" | "short" | "long" | "longlong" | "shortstr" | "longstr" | "table";
  readonly default?: unknown;
}

const load = createRequire(import.meta.url);
const folder = new URL("../../../node_modules/amqplib/lib/", import.meta.url);

export const definitions: Definitions = load(new URL("defs.js", folder).pathname);
export const tableCodec: TableCodec = load(new URL("codec.js", folder).pathname);

export const KINDS = Object.keys(METHOD_IDS) as MethodKind[];

/** Fields AMQP 0-9-1 reserves, which our methods do not have. */
const RESERVED = new Set(["capabilities", "insist", "knownHosts", "outOfBand", "channelId", "clusterId"]);

export function argumentsOf(kind: MethodKind): readonly Argument[] {
  return definitions.info(METHOD_IDS[kind]).args;
}

export function isReserved(kind: MethodKind, { name }: Argument): boolean {
  return RESERVED.has(name) || (name === "ticket" && kind !== "access.request-ok");
}

/** Our name of amqplib's field. */
export function ourName(name: string): string {
  return name === "nowait" ? "noWait" : name;
}
