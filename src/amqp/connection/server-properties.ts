import type { FieldTable } from "../../base/field-table.ts";
import { fieldNamed, textOf } from "../../base/table-fields.ts";
import { fromPlain } from "../codec/table-values.ts";
import type { AmqpOptions } from "../ports.ts";

/** RabbitMQ's extensions that are offered; clients look for these names. */
const CAPABILITIES = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  "basic.nack": true,
  consumer_cancel_notify: true,
  "connection.blocked": true,
  consumer_priorities: true,
  authentication_failure_close: true,
  per_consumer_qos: true,
  direct_reply_to: true,
};

/** Clients that look for this product also look at its version, to know what it can do. */
const RABBITMQ = "RabbitMQ";
const RABBITMQ_VERSION = "3.13.0";

/** What connection.start tells of the server (AMQP 0-9-1 §1.4.2.1). */
export function serverProperties({ product, version }: AmqpOptions): FieldTable {
  return fromPlain({
    capabilities: CAPABILITIES,
    product,
    version: product === RABBITMQ ? RABBITMQ_VERSION : version,
    platform: "Node.js",
    information: "AMQP 0-9-1 with RabbitMQ's extensions",
  });
}

/** What a client tells of itself in connection.start-ok. */
export interface ClientProperties {
  /** For operators: `connection_name`, else the product; "" = neither. */
  readonly name: string;
  readonly wantsCancel: boolean;
  readonly wantsBlocked: boolean;
  readonly wantsLoginFailure: boolean;
}

export const UNKNOWN_CLIENT: ClientProperties = {
  name: "",
  wantsCancel: false,
  wantsBlocked: false,
  wantsLoginFailure: false,
};

const LONGEST_NAME = 255;

export function readClientProperties(table: FieldTable): ClientProperties {
  const capabilities = fieldNamed(table, "capabilities");
  const able = capabilities?.type === "F" ? capabilities.value : [];
  const can = (name: string): boolean => fieldNamed(able, name)?.value === true;
  const name = textOf(fieldNamed(table, "connection_name")) ?? textOf(fieldNamed(table, "product")) ?? "";
  return {
    name: name.slice(0, LONGEST_NAME),
    wantsCancel: can("consumer_cancel_notify"),
    wantsBlocked: can("connection.blocked"),
    wantsLoginFailure: can("authentication_failure_close"),
  };
}
