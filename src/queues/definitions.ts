import type { FieldTable } from "../base/field-table.ts";
import type { ExchangeType } from "./exchange.ts";
import type { HeaderCodec } from "./ports.ts";

/** Every name the engine keeps definitions under begins so. */
export const DEFINITION_PREFIX = "queues/";

export interface StoredExchange {
  readonly kind: "exchange";
  readonly host: string;
  readonly name: string;
  readonly type: ExchangeType;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
}

export interface StoredQueue {
  readonly kind: "queue";
  readonly host: string;
  readonly name: string;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

export interface StoredBinding {
  readonly kind: "binding";
  readonly host: string;
  readonly source: string;
  readonly destinationKind: "queue" | "exchange";
  readonly destination: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

export type Definition = StoredExchange | StoredQueue | StoredBinding;

const KINDS: readonly string[] = ["exchange", "queue", "binding"] satisfies Definition["kind"][];

/** As operators are told of it. */
export function inWords(definition: Definition): string {
  if (definition.kind !== "binding") return `${definition.kind} '${definition.name}'`;
  const { source, destinationKind, destination, routingKey } = definition;
  return `binding of ${destinationKind} '${destination}' to exchange '${source}' by '${routingKey}'`;
}

/** The name a definition is kept under: one for the same thing. */
export function definitionName(definition: Definition, codec: HeaderCodec): string {
  const place = `${DEFINITION_PREFIX}${definition.host}`;
  if (definition.kind !== "binding") return `${place}/${definition.kind}/${definition.name}`;
  return `${place}/binding/${bindingId(definition, codec)}`;
}

/** Tells bindings of one virtual host apart. */
export function bindingId(binding: Omit<StoredBinding, "kind" | "host">, codec: HeaderCodec): string {
  const { source, destinationKind, destination, routingKey } = binding;
  const table = codec.encodeTable(binding.arguments).toString("base64");
  return JSON.stringify([source, destinationKind, destination, routingKey, table]);
}

export function encodeDefinition(definition: Definition, codec: HeaderCodec): Buffer {
  const table = codec.encodeTable(definition.arguments).toString("base64");
  return Buffer.from(JSON.stringify({ ...definition, arguments: table }));
}

/** Throws a SyntaxError or TypeError for what is no definition: the store has checked that it is what was written. */
export function decodeDefinition(value: Buffer, codec: HeaderCodec): Definition {
  const parsed = JSON.parse(value.toString("utf8")) as { readonly kind: string; readonly arguments: string };
  if (!KINDS.includes(parsed.kind)) throw new TypeError(`a definition of unknown kind '${parsed.kind}'`);
  return { ...parsed, arguments: codec.decodeTable(Buffer.from(parsed.arguments, "base64")) } as Definition;
}
