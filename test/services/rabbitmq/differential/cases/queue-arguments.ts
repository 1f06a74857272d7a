import type { FieldTable, FieldValue } from "../../../../../src/base/field-table.ts";
import { type Case, declare, type Step } from "../script.ts";

function typed(name: string, field: FieldValue): FieldTable {
  return [{ name, field }];
}

function twice(name: string, first: object, second: object): Case {
  return { name, steps: [declare("q", first as FieldTable), declare("q", second as FieldTable)] };
}

function once(name: string, given: object, flags: Parameters<typeof declare>[2] = {}): Case {
  const steps: Step[] = [declare("q", given as FieldTable, flags)];
  return { name, steps };
}

const text = (value: string): FieldValue => ({ type: "S", value: Buffer.from(value) });

/** What x-arguments a queue takes, and when two are the same. */
export const queueArguments: readonly Case[] = [
  once("all arguments RabbitMQ knows for a classic queue", {
    "x-message-ttl": 60000,
    "x-expires": 60000,
    "x-max-length": 10,
    "x-max-length-bytes": 1000,
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "elsewhere",
    "x-max-priority": 5,
    "x-queue-mode": "lazy",
    "x-queue-type": "classic",
    "x-queue-version": 1,
    "x-single-active-consumer": true,
  }),
  once("an argument nobody knows", { "x-of-nobody": 7 }),
  once("x-message-ttl of 0", { "x-message-ttl": 0 }),
  once("x-message-ttl below 0", { "x-message-ttl": -1 }),
  once("x-message-ttl as text", { "x-message-ttl": "60000" }),
  once("x-message-ttl as a double", typed("x-message-ttl", { type: "d", value: 10 })),
  once("x-message-ttl beyond 32 bits", { "x-message-ttl": 2 ** 40 }),
  once("x-expires of 0", { "x-expires": 0 }),
  once("x-expires as text", { "x-expires": "10" }),
  once("x-expires as an octet", typed("x-expires", { type: "b", value: 100 })),
  once("x-max-length below 0", { "x-max-length": -1 }),
  once("x-max-length as text", { "x-max-length": "5" }),
  once("x-max-length-bytes below 0", { "x-max-length-bytes": -1 }),
  once("x-max-length-bytes as text", { "x-max-length-bytes": "5" }),
  once("x-overflow of another kind", { "x-overflow": "drop-tail" }),
  once("x-overflow as a number", { "x-overflow": 1 }),
  once("x-overflow reject-publish-dlx", { "x-overflow": "reject-publish-dlx" }),
  once("x-dead-letter-exchange as a number", { "x-dead-letter-exchange": 1 }),
  once("x-dead-letter-exchange that is not there", { "x-dead-letter-exchange": "absent" }),
  once("x-dead-letter-routing-key alone", { "x-dead-letter-routing-key": "k" }),
  once("x-dead-letter-routing-key as a number", {
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": 1,
  }),
  once("x-max-priority below 0", { "x-max-priority": -1 }),
  once("x-max-priority above 255", { "x-max-priority": 256 }),
  once("x-max-priority of 0", { "x-max-priority": 0 }),
  once("x-max-priority as text", { "x-max-priority": "5" }),
  once("x-queue-mode of another kind", { "x-queue-mode": "fast" }),
  once("x-queue-mode as a number", { "x-queue-mode": 1 }),
  once("x-queue-type of another kind", { "x-queue-type": "heap" }),
  once("x-queue-type as a number", { "x-queue-type": 1 }),
  once("x-single-active-consumer as text", { "x-single-active-consumer": "true" }),
  once("a quorum queue that is not durable", { "x-queue-type": "quorum" }),
  once("a quorum queue that is exclusive", { "x-queue-type": "quorum" }, { durable: true, exclusive: true }),
  once(
    "a quorum queue that is deleted by itself",
    { "x-queue-type": "quorum" },
    { durable: true, autoDelete: true },
  ),
  once("a quorum queue", { "x-queue-type": "quorum" }, { durable: true }),
  once("x-delivery-limit as text", { "x-queue-type": "quorum", "x-delivery-limit": "5" }, { durable: true }),

  twice(
    "the same arguments in another order",
    { "x-max-length": 5, "x-expires": 60000 },
    { "x-expires": 60000, "x-max-length": 5 },
  ),
  twice("without the argument", { "x-max-length": 5 }, {}),
  twice("with an argument more", {}, { "x-max-length": 5 }),
  twice("another x-max-length", { "x-max-length": 5 }, { "x-max-length": 6 }),
  twice("another x-message-ttl", { "x-message-ttl": 60000 }, { "x-message-ttl": 60001 }),
  twice("another x-expires", { "x-expires": 60000 }, { "x-expires": 60001 }),
  twice("another x-max-length-bytes", { "x-max-length-bytes": 5 }, { "x-max-length-bytes": 6 }),
  twice("another x-max-priority", { "x-max-priority": 5 }, { "x-max-priority": 6 }),
  twice("another x-overflow", { "x-overflow": "drop-head" }, { "x-overflow": "reject-publish" }),
  twice("the default x-overflow spelled out", {}, { "x-overflow": "drop-head" }),
  twice(
    "another x-dead-letter-exchange",
    { "x-dead-letter-exchange": "one" },
    { "x-dead-letter-exchange": "two" },
  ),
  twice(
    "another x-dead-letter-routing-key",
    { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "one" },
    { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "two" },
  ),
  twice("another x-single-active-consumer", { "x-single-active-consumer": true }, {}),
  twice("x-single-active-consumer false spelled out", { "x-single-active-consumer": false }, {}),
  twice("the default x-queue-type spelled out", {}, { "x-queue-type": "classic" }),
  twice("the default x-queue-type left out", { "x-queue-type": "classic" }, {}),
  twice("another x-queue-mode", { "x-queue-mode": "lazy" }, {}),
  twice("another argument nobody knows", { "x-of-nobody": 7 }, { "x-of-nobody": 8 }),
  twice(
    "the same number in another integer type",
    typed("x-max-length", { type: "I", value: 5 }),
    typed("x-max-length", { type: "l", value: 5n }),
  ),
  twice(
    "the same number as an octet",
    typed("x-max-length", { type: "I", value: 5 }),
    typed("x-max-length", { type: "b", value: 5 }),
  ),
  twice(
    "the same number as a double, of an argument nobody knows",
    typed("x-of-nobody", { type: "I", value: 5 }),
    typed("x-of-nobody", { type: "d", value: 5 }),
  ),
  twice(
    "text in place of bytes",
    typed("x-dead-letter-exchange", text("one")),
    typed("x-dead-letter-exchange", { type: "x", value: Buffer.from("one") }),
  ),
];
