import type { BasicProperties } from "../../../../src/amqp/codec/basic-properties.ts";
import type { FieldTable, FieldValue } from "../../../../src/base/field-table.ts";
import { fieldNamed } from "../../../../src/base/table-fields.ts";
import type { Arrival } from "../../../support/amqp-peer.ts";

export type Shown = string | number | boolean | readonly Shown[] | { readonly [name: string]: Shown };

/** An answer as it is compared and printed. */
export type Answer = {
  readonly kind: string;
  readonly consumerTag?: string;
  readonly [name: string]: Shown | undefined;
};

const PROPERTY_NAMES = [
  "contentType",
  "contentEncoding",
  "deliveryMode",
  "priority",
  "correlationId",
  "replyTo",
  "expiration",
  "messageId",
  "timestamp",
  "type",
  "userId",
  "appId",
  "clusterId",
] as const;

/** Names that servers make up, numbered in the order they are first seen in a case; all virtual hosts become `/`. */
export class MadeUpNames {
  readonly #seen = new Map<string, string>();
  readonly #virtualHost: string;

  constructor(virtualHost: string) {
    this.#virtualHost = virtualHost;
  }

  hide(text: string): string {
    const here = text.replaceAll(`vhost '${this.#virtualHost}'`, "vhost '/'");
    return here.replace(/amq\.(gen|ctag|rabbitmq\.reply-to\.)[-\w.+/=]*/g, (name, kind) => {
      const known = this.#seen.get(name) ?? `made-up ${kind} ${this.#seen.size + 1}`;
      this.#seen.set(name, known);
      return known;
    });
  }
}

/** All that two servers have to agree on: no times, no names they made up, no versions. */
export function showAnswer(arrival: Arrival, names: MadeUpNames): Answer {
  const { method, properties, body } = arrival;
  const fields = Object.entries(method).map(([name, value]) => [name, showField(name, value, names)]);
  return {
    ...Object.fromEntries(fields),
    kind: method.kind,
    ...(properties && { properties: showProperties(properties, names) }),
    ...(body && { body: body.length > 100 ? `${body.length} bytes` : body.toString("latin1") }),
  };
}

function showField(name: string, value: unknown, names: MadeUpNames): Shown {
  if (name === "serverProperties") return showCapabilities(value as FieldTable);
  if (typeof value === "string") return names.hide(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1").split(" ").sort();
  if (Array.isArray(value)) return showTable(value, names);
  return value as number | boolean;
}

function showCapabilities(properties: FieldTable): Shown {
  const capabilities = fieldNamed(properties, "capabilities");
  if (capabilities?.type !== "F") return [];
  return capabilities.value.map(({ name, field }) => `${name}=${field.value}`).sort();
}

function showProperties(properties: BasicProperties, names: MadeUpNames): Shown {
  const shown: { [name: string]: Shown } = {};
  for (const name of PROPERTY_NAMES) {
    const value = properties[name];
    if (value !== undefined) shown[name] = typeof value === "string" ? names.hide(value) : value;
  }
  const { headers } = properties;
  return headers === undefined ? shown : { ...shown, headers: showTable(headers, names) };
}

/** With types; in the order of the names, for the order of headers has no meaning. */
function showTable(table: FieldTable, names: MadeUpNames): Shown {
  const entries = table.filter(({ name }) => name !== "time");
  const sorted = [...entries].sort((one, other) => (one.name < other.name ? -1 : 1));
  return Object.fromEntries(sorted.map(({ name, field }) => [name, showValue(field, names)]));
}

function showValue(field: FieldValue, names: MadeUpNames): Shown {
  switch (field.type) {
    case "A":
      return field.value.map((one) => showValue(one, names));
    case "F":
      return showTable(field.value, names);
    case "S":
      return `S ${names.hide(field.value.toString("latin1"))}`;
    case "x":
      return `x ${field.value.toString("hex")}`;
    case "D":
      return `D ${field.value.digits}/10^${field.value.scale}`;
    case "V":
      return "V";
    default:
      return `${field.type} ${field.value}`;
  }
}
