import type { FieldTable } from "../../../../../src/base/field-table.ts";
import {
  at,
  bind,
  type Case,
  channelClosed,
  confirmed,
  confirmSelect,
  connectionClosed,
  consume,
  declare,
  deleteQueue,
  delivered,
  get,
  passive,
  publish,
  put,
  settle,
  txSelect,
} from "../script.ts";

const everyType: FieldTable = [
  { name: "t", field: { type: "t", value: true } },
  { name: "b", field: { type: "b", value: -5 } },
  { name: "B", field: { type: "B", value: 200 } },
  { name: "s", field: { type: "s", value: -500 } },
  { name: "u", field: { type: "u", value: 60000 } },
  { name: "I", field: { type: "I", value: 10 } },
  { name: "i", field: { type: "i", value: 4_000_000_000 } },
  { name: "l", field: { type: "l", value: 2n ** 60n } },
  { name: "f", field: { type: "f", value: 0.5 } },
  { name: "d", field: { type: "d", value: 10 } },
  { name: "D", field: { type: "D", value: { scale: 2, digits: 314 } } },
  { name: "S", field: { type: "S", value: Buffer.from([0xff, 0xfe, 0]) } },
  { name: "x", field: { type: "x", value: Buffer.from([0, 1, 2]) } },
  { name: "T", field: { type: "T", value: 1_700_000_000n } },
  { name: "V", field: { type: "V", value: null } },
  {
    name: "A",
    field: {
      type: "A",
      value: [
        { type: "I", value: 1 },
        { type: "S", value: Buffer.from("two") },
      ],
    },
  },
  { name: "F", field: { type: "F", value: [{ name: "in", field: { type: "t", value: false } }] } },
];

/** Publishing, confirms, returns, and that a message comes as it was sent. */
export const publishing: readonly Case[] = [
  {
    name: "every property comes as it was sent",
    steps: [
      declare("q"),
      publish("", "q", "x", {
        contentType: "text/plain",
        contentEncoding: "gzip",
        headers: { one: 1 },
        deliveryMode: 2,
        priority: 7,
        correlationId: "c",
        replyTo: "r",
        expiration: "60000",
        messageId: "m",
        timestamp: 1_700_000_000,
        type: "t",
        userId: "guest",
        appId: "a",
        clusterId: "l",
      }),
      settle,
      get("q"),
    ],
  },
  {
    name: "headers of every type come as they were sent",
    steps: [declare("q"), publish("", "q", "x", { headers: everyType }), settle, get("q")],
  },
  { name: "an empty message", steps: [declare("q"), publish("", "q"), settle, get("q")] },
  {
    name: "an empty table of headers stays",
    steps: [declare("q"), publish("", "q", "x", { headers: {} }), settle, get("q")],
  },
  {
    name: "a message larger than a frame",
    steps: [declare("q"), publish("", "q", "x".repeat(100_000)), settle, get("q")],
  },
  {
    name: "messages keep their order",
    steps: [
      declare("q"),
      ...put("q", "1", "2", "3", "4"),
      settle,
      ...Array.from({ length: 5 }, () => get("q")),
    ],
  },

  {
    name: "a confirm for every message",
    steps: [declare("q"), confirmSelect, ...put("q", "1", "2", "3"), confirmed(3)],
  },
  {
    name: "confirms in a durable queue",
    steps: [
      declare("q", {}, { durable: true }),
      confirmSelect,
      publish("", "q", "1", { deliveryMode: 2 }),
      publish("", "q", "2", { deliveryMode: 1 }),
      confirmed(2),
    ],
  },
  {
    name: "what nobody gets is confirmed too",
    steps: [confirmSelect, publish("", "nobody", "x"), confirmed()],
  },
  {
    name: "confirm.select twice goes on counting",
    steps: [
      declare("q"),
      confirmSelect,
      ...put("q", "1"),
      confirmed(),
      confirmSelect,
      ...put("q", "2"),
      confirmed(),
    ],
  },
  {
    name: "confirm.select without an answer",
    steps: [
      declare("q"),
      { does: "send", at: "a.1", method: { kind: "confirm.select", noWait: true } },
      ...put("q", "1"),
      confirmed(),
    ],
  },
  { name: "confirm.select on a channel with transactions", steps: [txSelect, confirmSelect] },
  { name: "tx.select on a channel with confirms", steps: [confirmSelect, txSelect] },
  {
    name: "a mandatory message nobody gets is returned",
    steps: [publish("", "nobody", "x", { mandatory: true, headers: { one: 1 }, messageId: "m" })],
  },
  {
    name: "the return comes before the confirm",
    isOrdered: true,
    steps: [confirmSelect, publish("amq.direct", "nobody", "x", { mandatory: true }), confirmed()],
  },
  {
    name: "a mandatory message somebody gets",
    steps: [declare("q"), confirmSelect, publish("", "q", "x", { mandatory: true }), confirmed(), get("q")],
  },
  {
    name: "immediate is not implemented",
    steps: [declare("q"), publish("", "q", "x", { immediate: true }), connectionClosed()],
  },
  {
    name: "a channel that is closed by an error confirms nothing more",
    isOrdered: true,
    steps: [confirmSelect, publish("absent", "k", "x"), channelClosed()],
  },

  {
    name: "expiration that is no number",
    steps: [declare("q"), publish("", "q", "x", { expiration: "soon" }), channelClosed()],
  },
  {
    name: "expiration below 0",
    steps: [declare("q"), publish("", "q", "x", { expiration: "-1" }), channelClosed()],
  },
  {
    name: "expiration with digits behind the point",
    steps: [declare("q"), publish("", "q", "x", { expiration: "1.5" }), channelClosed()],
  },
  {
    name: "expiration with blanks",
    steps: [declare("q"), publish("", "q", "x", { expiration: " 1" }), channelClosed()],
  },
  {
    name: "an empty expiration",
    steps: [declare("q"), publish("", "q", "x", { expiration: "" }), channelClosed()],
  },
  {
    name: "expiration beyond 32 bits",
    steps: [declare("q"), publish("", "q", "x", { expiration: "9999999999999" }), channelClosed()],
  },
  {
    name: "user-id other than the login",
    steps: [declare("q"), publish("", "q", "x", { userId: "somebody" }), channelClosed()],
  },
  {
    name: "user-id of the login",
    steps: [declare("q"), confirmSelect, publish("", "q", "x", { userId: "guest" }), confirmed()],
  },

  {
    name: "x-overflow reject-publish refuses what does not fit",
    steps: [
      declare("q", { "x-max-length": 1, "x-overflow": "reject-publish" }),
      confirmSelect,
      ...put("q", "1"),
      confirmed(),
      ...put("q", "2"),
      confirmed(),
      get("q"),
      get("q"),
    ],
  },
  {
    name: "reject-publish of one queue refuses for all, the others keep it",
    steps: [
      declare("q", { "x-max-length": 1, "x-overflow": "reject-publish" }),
      declare("r"),
      bind("q", "amq.fanout"),
      bind("r", "amq.fanout"),
      confirmSelect,
      publish("amq.fanout", "", "1"),
      confirmed(),
      publish("amq.fanout", "", "2"),
      confirmed(),
      get("q"),
      get("q"),
      get("r"),
      get("r"),
    ],
  },
  {
    name: "reject-publish with x-max-length-bytes",
    steps: [
      declare("q", { "x-max-length-bytes": 3, "x-overflow": "reject-publish" }),
      confirmSelect,
      ...put("q", "12"),
      confirmed(),
      ...put("q", "34"),
      confirmed(),
      ...put("q", "5"),
      confirmed(),
      get("q"),
      get("q"),
      get("q"),
    ],
  },
  {
    name: "reject-publish with x-max-length 0 and a consumer waiting",
    steps: [
      declare("q", { "x-max-length": 0, "x-overflow": "reject-publish" }),
      consume("q", { noAck: true }),
      ...at("a.2", confirmSelect, ...put("q", "1"), confirmed()),
    ],
  },
  {
    name: "drop-head keeps the newest",
    steps: [
      declare("q", { "x-max-length": 2 }),
      confirmSelect,
      ...put("q", "1", "2", "3", "4"),
      confirmed(4),
      get("q"),
      get("q"),
      get("q"),
    ],
  },
  {
    name: "drop-head by bytes",
    steps: [
      declare("q", { "x-max-length-bytes": 5 }),
      confirmSelect,
      ...put("q", "12", "34", "56"),
      confirmed(3),
      get("q"),
      get("q"),
      get("q"),
    ],
  },
  {
    name: "a message larger than x-max-length-bytes",
    steps: [
      declare("q", { "x-max-length-bytes": 3 }),
      confirmSelect,
      ...put("q", "1", "2345"),
      confirmed(2),
      get("q"),
    ],
  },
  {
    name: "x-max-length counts only what is ready",
    steps: [
      declare("q", { "x-max-length": 1 }),
      ...put("q", "1"),
      settle,
      get("q", false),
      ...put("q", "2"),
      settle,
      passive("q"),
    ],
  },
  {
    name: "a message given back into a full queue",
    steps: [
      declare("q", { "x-max-length": 1 }),
      ...put("q", "1"),
      settle,
      get("q", false),
      ...put("q", "2"),
      settle,
      {
        does: "send",
        at: "a.1",
        method: { kind: "basic.nack", deliveryTag: 1, multiple: false, requeue: true },
      },
      settle,
      get("q"),
      get("q"),
    ],
  },

  {
    name: "direct reply-to: asked and answered",
    steps: [
      consume("amq.rabbitmq.reply-to", { tag: "replies", noAck: true }),
      ...at("b.1", declare("service"), consume("service", { tag: "work", noAck: true })),
      publish("", "service", "question", { replyTo: "amq.rabbitmq.reply-to" }),
      ...at("b.1", delivered()),
    ],
  },
  {
    name: "direct reply-to without a consumer",
    steps: [declare("q"), publish("", "q", "x", { replyTo: "amq.rabbitmq.reply-to" }), channelClosed()],
  },
  {
    name: "direct reply-to consumed with acknowledgements",
    steps: [consume("amq.rabbitmq.reply-to", { noAck: false })],
  },
  {
    name: "direct reply-to consumed twice",
    steps: [
      consume("amq.rabbitmq.reply-to", { tag: "one", noAck: true }),
      consume("amq.rabbitmq.reply-to", { tag: "two", noAck: true }),
    ],
  },
  {
    name: "direct reply-to declared",
    steps: [consume("amq.rabbitmq.reply-to", { noAck: true }), passive("amq.rabbitmq.reply-to")],
  },
  { name: "direct reply-to declared without a consumer", steps: [passive("amq.rabbitmq.reply-to")] },
  {
    name: "a reply to nobody",
    steps: [publish("", "amq.rabbitmq.reply-to.nobody", "x", { mandatory: true })],
  },
  { name: "direct reply-to deleted", steps: [deleteQueue("amq.rabbitmq.reply-to")] },
];
