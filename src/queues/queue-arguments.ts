import type { FieldTable, FieldValue } from "../base/field-table.ts";
import { Refusal } from "../base/refusal.ts";
import { fieldNamed, integerOf, textOf } from "../base/table-fields.ts";
import { typeName } from "./fields.ts";
import { described } from "./names.ts";

/** Arguments that make two declarations of one queue different; the others are ignored. */
export const DEFINING_QUEUE_ARGUMENTS = [
  "x-expires",
  "x-message-ttl",
  "x-dead-letter-exchange",
  "x-dead-letter-routing-key",
  "x-max-length",
  "x-max-length-bytes",
  "x-max-priority",
  "x-overflow",
  "x-queue-type",
  "x-single-active-consumer",
  "x-delivery-limit",
  "x-consumer-timeout",
] as const;

export type Overflow = "drop-head" | "reject-publish" | "reject-publish-dlx";
const OVERFLOWS: readonly string[] = ["drop-head", "reject-publish", "reject-publish-dlx"];
/** RabbitMQ's bound of a timer: 2^32 - 1 milliseconds. */
const LONGEST_MS = 0xffff_ffff;

/** Names and routing keys are short strings (AMQP 0-9-1 §4.2.5.3): a longer one could not be told to consumers. */
const LONGEST_NAME_BYTES = 255;

/** What the x-arguments of a queue ask for. */
export interface QueueArguments {
  readonly messageTtlMs: number | undefined;
  readonly expiresMs: number | undefined;
  readonly maximumLength: number | undefined;
  readonly maximumBytes: number | undefined;
  readonly overflow: Overflow;
  readonly deadLetterExchange: string | undefined;
  readonly deadLetterRoutingKey: string | undefined;
  /** 0 = no priorities. */
  readonly maximumPriority: number;
  readonly singleActiveConsumer: boolean;
  readonly deliveryLimit: number | undefined;
  readonly consumerTimeoutMs: number | undefined;
  /** Consumers are told how often a message was given back: `x-delivery-count`. */
  readonly showsDeliveryCount: boolean;
}

interface QueueShape {
  readonly name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

/** Throws a Refusal that names the argument, as RabbitMQ words it. */
export function readQueueArguments(queue: QueueShape, host: string): QueueArguments {
  const reader = new ArgumentReader(queue, host);
  const type = readQueueType(queue, reader);
  const deadLetterExchange = reader.text("x-dead-letter-exchange");
  const deadLetterRoutingKey = reader.text("x-dead-letter-routing-key");
  if (deadLetterRoutingKey !== undefined && deadLetterExchange === undefined) {
    throw reader.invalid("x-dead-letter-routing-key", "routing_key_but_no_dlx_defined");
  }
  const deliveryLimit = reader.integer("x-delivery-limit", 0, Number.MAX_SAFE_INTEGER);
  return {
    messageTtlMs: reader.integer("x-message-ttl", 0, LONGEST_MS),
    expiresMs: reader.integer("x-expires", 1, LONGEST_MS),
    maximumLength: reader.integer("x-max-length", 0, Number.MAX_SAFE_INTEGER),
    maximumBytes: reader.integer("x-max-length-bytes", 0, Number.MAX_SAFE_INTEGER),
    overflow: reader.oneOf("x-overflow", OVERFLOWS, "drop-head") as Overflow,
    deadLetterExchange,
    deadLetterRoutingKey,
    maximumPriority: reader.integer("x-max-priority", 0, 255) ?? 0,
    singleActiveConsumer: reader.flag("x-single-active-consumer"),
    deliveryLimit,
    consumerTimeoutMs: reader.integer("x-consumer-timeout", 0, LONGEST_MS),
    showsDeliveryCount: type === "quorum" || deliveryLimit !== undefined,
  };
}

/** `classic` and `quorum` are one engine here; a quorum queue is durable, for all, and deleted by nobody but a client. */
function readQueueType(queue: QueueShape, reader: ArgumentReader): "classic" | "quorum" {
  const type = reader.text("x-queue-type");
  if (type === undefined || type === "classic") return "classic";
  if (type === "stream") throw new Refusal("not-implemented", "queues of type 'stream' are not offered");
  if (type !== "quorum") throw reader.invalid("x-queue-type", `"unsupported queue type '${type}'"`);
  const property = unfitProperty(queue);
  if (property !== undefined)
    throw new Refusal("precondition", `invalid property '${property}' for ${reader.what}`);
  return type;
}

/** Of a quorum queue, as RabbitMQ names it. */
function unfitProperty({ durable, exclusive, autoDelete }: QueueShape): string | undefined {
  if (!durable) return "non-durable";
  if (exclusive) return "exclusive-owner";
  return autoDelete ? "auto-delete" : undefined;
}

class ArgumentReader {
  readonly what: string;
  readonly #table: FieldTable;

  constructor(queue: QueueShape, host: string) {
    this.#table = queue.arguments;
    this.what = described("queue", queue.name, host);
  }

  integer(name: string, lowest: number, highest: number): number | undefined {
    const field = fieldNamed(this.#table, name);
    if (field === undefined) return undefined;
    const value = integerOf(field);
    if (value === undefined) throw this.invalid(name, `"expected integer, got ${typeName(field)}"`);
    if (value < 0) throw this.invalid(name, `{value_negative,${value}}`);
    if (value < lowest) throw this.invalid(name, `{value_zero,${value}}`);
    if (value > highest) throw this.invalid(name, `{value_too_large,${value}}`);
    return value;
  }

  text(name: string): string | undefined {
    const field = fieldNamed(this.#table, name);
    if (field === undefined) return undefined;
    const value = textOf(field);
    if (value === undefined) throw this.#wrongType(name, field);
    const length = Buffer.byteLength(value);
    if (length > LONGEST_NAME_BYTES) throw this.invalid(name, `{too_long,${length}}`);
    return value;
  }

  flag(name: string): boolean {
    const field = fieldNamed(this.#table, name);
    if (field === undefined) return false;
    if (field.type !== "t") throw this.#wrongType(name, field);
    return field.value;
  }

  oneOf(name: string, allowed: readonly string[], otherwise: string): string {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    if (!allowed.includes(value)) throw this.invalid(name, `invalid_${name.slice("x-".length)}`);
    return value;
  }

  invalid(name: string, why: string): Refusal {
    return new Refusal("precondition", `invalid arg '${name}' for ${this.what}: ${why}`);
  }

  #wrongType(name: string, field: FieldValue): Refusal {
    return this.invalid(name, `{unacceptable_type,${typeName(field)}}`);
  }
}
