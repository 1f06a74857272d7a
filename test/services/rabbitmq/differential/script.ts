import { type PropertyValues, toProperties } from "../../../../src/amqp/codec/basic-properties.ts";
import type {
  ConnectionOpen,
  ConnectionStartOk,
  ConnectionTuneOk,
  ExchangeDeclare,
  Method,
  QueueDeclare,
} from "../../../../src/amqp/codec/methods.generated.ts";
import { fromPlain, type PlainTable } from "../../../../src/amqp/codec/table-values.ts";
import type { FieldTable } from "../../../../src/base/field-table.ts";
import type { Content } from "../../../support/amqp-peer.ts";

/** A connection and a channel of the script: "a.1". Both are opened when they are first used. */
export type Place = `${string}.${number}`;

/** What a client may say differently while it connects. */
export interface Introduction {
  readonly protocolHeader?: Buffer;
  readonly startOk?: Partial<Omit<ConnectionStartOk, "kind">>;
  readonly tuneOk?: Partial<Omit<ConnectionTuneOk, "kind">>;
  readonly open?: Partial<Omit<ConnectionOpen, "kind">>;
}

export type Step =
  /** Sends a method, and waits for its answer when it has one. */
  | { readonly does: "send"; readonly at: Place; readonly method: Method; readonly content?: Content }
  /** Waits until so many of these have come since the last wait for them. */
  | { readonly does: "await"; readonly at: Place; readonly kind: Awaited; readonly count: number }
  /** Sends again and again until the answer is of this kind; only that answer counts. */
  | {
      readonly does: "poll";
      readonly at: Place;
      readonly method: Method;
      readonly content?: Content;
      readonly until: Awaited;
    }
  /** Connects, noting what the server says meanwhile. */
  | { readonly does: "connect"; readonly connection: string; readonly introduction: Introduction }
  /** Opens channel 0 of the connection if need be and sends these bytes. */
  | { readonly does: "bytes"; readonly at: Place; readonly bytes: Buffer }
  /** The connection is gone without a word. */
  | { readonly does: "drop"; readonly connection: string }
  /** Waits until all that was sent has had its effect. */
  | { readonly does: "settle" };

export type Awaited = Method["kind"] | "end" | "confirm";

/** One scripted exchange. */
export interface Case {
  /** A sentence; the key of the table of known differences. */
  readonly name: string;
  /** The order of everything on a channel is compared; otherwise that of answers, deliveries, returns each. */
  readonly isOrdered?: boolean;
  readonly steps: readonly Step[];
}

/** The same steps somewhere else. */
export function at(place: Place, ...steps: readonly Step[]): Step[] {
  return steps.map((step) => ("at" in step ? { ...step, at: place } : step));
}

export function send(method: Method, content?: Content): Step {
  return { does: "send", at: "a.1", method, ...(content && { content }) };
}

export function awaiting(kind: Awaited, count = 1): Step {
  return { does: "await", at: "a.1", kind, count };
}

export const delivered = (count = 1): Step => awaiting("basic.deliver", count);
export const confirmed = (count = 1): Step => awaiting("confirm", count);
export const channelClosed = (): Step => awaiting("channel.close");
export const connectionClosed = (): Step => awaiting("end");
export const settle: Step = { does: "settle" };
export const drop = (connection: string): Step => ({ does: "drop", connection });
export const bytes = (given: Buffer): Step => ({ does: "bytes", at: "a.0", bytes: given });

export function connect(introduction: Introduction, connection = "a"): Step {
  return { does: "connect", connection, introduction };
}

export function poll(step: Step, until: Awaited): Step {
  if (step.does !== "send") throw new Error("only what is sent can be sent again");
  return { ...step, does: "poll", until };
}

// methods with the values nearly all cases use

type Table = PlainTable | FieldTable;

function table(given: Table): FieldTable {
  return Array.isArray(given) ? (given as FieldTable) : fromPlain(given as PlainTable);
}

export function declare(
  queue: string,
  xArguments: Table = {},
  flags: Partial<Pick<QueueDeclare, "passive" | "durable" | "exclusive" | "autoDelete" | "noWait">> = {},
): Step {
  const plain = { passive: false, durable: false, exclusive: false, autoDelete: false, noWait: false };
  return send({ kind: "queue.declare", queue, ...plain, ...flags, arguments: table(xArguments) });
}

export function passive(queue: string): Step {
  return declare(queue, {}, { passive: true });
}

export function declareExchange(
  exchange: string,
  type = "direct",
  xArguments: Table = {},
  flags: Partial<Pick<ExchangeDeclare, "passive" | "durable" | "autoDelete" | "internal" | "noWait">> = {},
): Step {
  const plain = { passive: false, durable: false, autoDelete: false, internal: false, noWait: false };
  return send({ kind: "exchange.declare", exchange, type, ...plain, ...flags, arguments: table(xArguments) });
}

export function deleteExchange(exchange: string, ifUnused = false): Step {
  return send({ kind: "exchange.delete", exchange, ifUnused, noWait: false });
}

export function bind(queue: string, exchange: string, routingKey = "", xArguments: Table = {}): Step {
  return send({
    kind: "queue.bind",
    queue,
    exchange,
    routingKey,
    noWait: false,
    arguments: table(xArguments),
  });
}

export function unbind(queue: string, exchange: string, routingKey = "", xArguments: Table = {}): Step {
  return send({ kind: "queue.unbind", queue, exchange, routingKey, arguments: table(xArguments) });
}

export function bindExchange(
  destination: string,
  source: string,
  routingKey = "",
  xArguments: Table = {},
): Step {
  return send({
    kind: "exchange.bind",
    destination,
    source,
    routingKey,
    noWait: false,
    arguments: table(xArguments),
  });
}

export function unbindExchange(destination: string, source: string, routingKey = ""): Step {
  return send({ kind: "exchange.unbind", destination, source, routingKey, noWait: false, arguments: [] });
}

export function deleteQueue(queue: string, conditions: { ifUnused?: boolean; ifEmpty?: boolean } = {}): Step {
  return send({ kind: "queue.delete", queue, ifUnused: false, ifEmpty: false, ...conditions, noWait: false });
}

export function purge(queue: string): Step {
  return send({ kind: "queue.purge", queue, noWait: false });
}

export interface Published extends Omit<PropertyValues, "headers"> {
  readonly headers?: Table;
  readonly mandatory?: boolean;
  readonly immediate?: boolean;
}

export function publish(exchange: string, routingKey: string, body = "", options: Published = {}): Step {
  const { mandatory = false, immediate = false, headers, ...values } = options;
  const properties = toProperties({ ...values, ...(headers && { headers: table(headers) }) });
  return send(
    { kind: "basic.publish", exchange, routingKey, mandatory, immediate },
    { properties, body: Buffer.from(body) },
  );
}

/** To queues by their names. */
export function put(queue: string, ...bodies: readonly string[]): Step[] {
  return bodies.map((body) => publish("", queue, body));
}

export function get(queue: string, noAck = true): Step {
  return send({ kind: "basic.get", queue, noAck });
}

export interface Consumed {
  readonly tag?: string;
  readonly noAck?: boolean;
  readonly exclusive?: boolean;
  readonly noWait?: boolean;
  readonly arguments?: Table;
}

export function consume(queue: string, options: Consumed = {}): Step {
  const { tag = "t", noAck = false, exclusive = false, noWait = false } = options;
  const xArguments = table(options.arguments ?? {});
  return send({
    kind: "basic.consume",
    queue,
    consumerTag: tag,
    noLocal: false,
    noAck,
    exclusive,
    noWait,
    arguments: xArguments,
  });
}

export function cancel(consumerTag = "t"): Step {
  return send({ kind: "basic.cancel", consumerTag, noWait: false });
}

export function ack(deliveryTag: number, multiple = false): Step {
  return send({ kind: "basic.ack", deliveryTag, multiple });
}

export function nack(deliveryTag: number, requeue = true, multiple = false): Step {
  return send({ kind: "basic.nack", deliveryTag, multiple, requeue });
}

export function reject(deliveryTag: number, requeue = false): Step {
  return send({ kind: "basic.reject", deliveryTag, requeue });
}

export function recover(requeue = true): Step {
  return send({ kind: "basic.recover", requeue });
}

export function qos(prefetchCount: number, global = false, prefetchSize = 0): Step {
  return send({ kind: "basic.qos", prefetchSize, prefetchCount, global });
}

export const confirmSelect = send({ kind: "confirm.select", noWait: false });
export const txSelect = send({ kind: "tx.select" });
export const txCommit = send({ kind: "tx.commit" });
export const txRollback = send({ kind: "tx.rollback" });
export const openChannel = send({ kind: "channel.open" });
export const closeChannel = send({
  kind: "channel.close",
  replyCode: 200,
  replyText: "",
  classId: 0,
  methodId: 0,
});
export const closeConnection = at("a.0", {
  does: "send",
  at: "a.0",
  method: { kind: "connection.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 },
});
