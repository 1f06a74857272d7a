import type { PropertyValues } from "../../src/amqp/codec/basic-properties.ts";
import { encodeMethodFrame, HEARTBEAT_FRAME, PROTOCOL_HEADER } from "../../src/amqp/codec/frames.ts";
import type { Method } from "../../src/amqp/codec/methods.generated.ts";
import type { FieldEntry, FieldTable, FieldValue } from "../../src/base/field-table.ts";
import { startOk } from "../support/amqp-client.ts";
import { bodyFrame, headerFrame, publishFrame } from "./amqp-frames.ts";
import type { Random } from "./random.ts";

const QUEUES = ["", "a", "b", "c", "amq.mine", "\r\n", "x".repeat(255), "é".repeat(127), "__proto__"];
/** Queues every conversation begins with. */
const SHARED = ["a", "b", "c"];
const QUEUES_USED = ["", "a", "b", "c", "amq.rabbitmq.reply-to"];
const EXCHANGES = ["", "x", "y", "amq.topic", "amq.fanout", "amq.headers", "mqtt", "absent", "constructor"];
const KEYS = [
  "",
  "a",
  "b",
  "c",
  "#",
  "*",
  "a.b.c",
  "#.*.#",
  "a/b",
  "+/#",
  "$SYS/a",
  "a\0b",
  "amq.rabbitmq.reply-to.x",
];
const TYPES = ["direct", "fanout", "topic", "headers", "x-mqtt", "x-unknown", ""];
const ARGUMENTS = [
  "x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-length",
  "x-max-length-bytes", "x-max-priority", "x-overflow", "x-queue-type", "x-single-active-consumer",
  "x-delivery-limit", "x-consumer-timeout", "x-match", "alternate-exchange", "x-priority", "CC", "BCC", "x-death",
  "x-mqtt-retain", "x-reply-to-topic", "x-correlation-id", "",
]; // biome-ignore format: a list
const TEXTS = [
  "",
  "a",
  "x",
  "amq.topic",
  "reject-publish",
  "reject-publish-dlx",
  "quorum",
  "any",
  "all-with-x",
  "\0",
];
const NUMBERS = [0, 1, 2, 255, 256, -1, 2 ** 31 - 1, -(2 ** 31)];
const TAGS = [0, 1, 2, 3, 100, Number.MAX_SAFE_INTEGER];

export function randomField(random: Random, depth = 0): FieldValue {
  switch (random.below(depth > 3 ? 6 : 8)) {
    case 0:
      return { type: "I", value: random.pick(NUMBERS) };
    case 1:
      return { type: "l", value: random.pick([0n, 1n, -1n, 2n ** 63n - 1n, 2n ** 53n]) };
    case 2:
      return { type: "t", value: random.oneIn(2) };
    case 3:
      return { type: "V", value: null };
    case 4:
      return { type: "x", value: random.bytes(random.below(20)) };
    case 5:
      return { type: "S", value: Buffer.from(random.pick(TEXTS)) };
    case 6:
      return { type: "A", value: several(random, 4, () => randomField(random, depth + 1)) };
    default:
      return { type: "F", value: several(random, 3, () => randomEntry(random, depth + 1)) };
  }
}

function randomEntry(random: Random, depth: number): FieldEntry {
  return { name: random.pick(ARGUMENTS), field: randomField(random, depth) };
}

function randomTable(random: Random): FieldTable {
  return random.oneIn(2) ? [] : several(random, 3, () => randomEntry(random, 0));
}

function several<Value>(random: Random, most: number, make: () => Value): Value[] {
  return Array.from({ length: random.below(most + 1) }, make);
}

/** A method a client may send on an open channel, with values that are mostly strange. */
export function randomMethod(random: Random): Method {
  const flag = (): boolean => random.oneIn(2);
  const rarely = (): boolean => random.oneIn(8);
  /** For what ends the connection: a conversation shall come further. */
  const hardly = (): boolean => random.oneIn(60);
  const queue = random.pick(QUEUES);
  const used = random.pick(QUEUES_USED);
  const exchange = random.pick(EXCHANGES);
  const routingKey = random.pick(KEYS);
  const table = randomTable(random);
  const deliveryTag = random.pick(TAGS);
  const flags = {
    passive: rarely(),
    durable: flag(),
    exclusive: rarely(),
    autoDelete: flag(),
    noWait: rarely(),
  };
  const declare: Method = { kind: "queue.declare", queue, ...flags, arguments: table };
  const consumerTag = random.pick(["", "é".repeat(127), ...Array.from({ length: 20 }, (_, n) => `t${n}`)]);
  const consume = { noLocal: flag(), noAck: flag(), exclusive: rarely(), noWait: rarely(), arguments: [] };
  return random.pick<Method>([
    declare,
    { ...declare, queue: used, arguments: [] },
    { kind: "queue.bind", queue: used, exchange, routingKey, noWait: rarely(), arguments: table },
    { kind: "queue.unbind", queue: used, exchange, routingKey, arguments: table },
    { kind: "queue.purge", queue: used, noWait: rarely() },
    { kind: "queue.delete", queue: used, ifUnused: flag(), ifEmpty: flag(), noWait: rarely() },
    { kind: "exchange.declare", exchange, type: random.pick(TYPES), internal: rarely(), ...flags, arguments: table },
    { kind: "exchange.delete", exchange, ifUnused: flag(), noWait: rarely() },
    { kind: "exchange.bind", destination: random.pick(EXCHANGES), source: exchange, routingKey, noWait: rarely(), arguments: table },
    { kind: "exchange.unbind", destination: random.pick(EXCHANGES), source: exchange, routingKey, noWait: rarely(), arguments: table },
    { kind: "basic.qos", prefetchSize: hardly() ? 1 : 0, prefetchCount: random.pick([0, 1, 65_535]), global: flag() },
    { kind: "basic.consume", queue: used, consumerTag, ...consume },
    { kind: "basic.cancel", consumerTag, noWait: rarely() },
    { kind: "basic.get", queue: used, noAck: flag() },
    { kind: "basic.get", queue: used, noAck: false },
    { kind: "basic.get", queue: random.pick(SHARED), noAck: false },
    { kind: "basic.consume", queue: random.pick(SHARED), consumerTag, ...consume, exclusive: false },
    { kind: "basic.consume", queue: random.pick(SHARED), consumerTag, ...consume, exclusive: false, noAck: false },
    { kind: "basic.ack", deliveryTag, multiple: flag() },
    { kind: "basic.nack", deliveryTag, multiple: flag(), requeue: flag() },
    { kind: "basic.reject", deliveryTag, requeue: flag() },
    { kind: "basic.recover", requeue: !hardly() },
    { kind: "confirm.select", noWait: rarely() },
    { kind: "tx.select" },
    { kind: "tx.commit" },
    { kind: "tx.rollback" },
    { kind: "channel.flow", active: !hardly() },
    hardly() ? { kind: "channel.open" } : { kind: "channel.close-ok" },
    hardly() ? { kind: "connection.update-secret", newSecret: Buffer.from("s"), reason: "" } : declare,
  ]); // biome-ignore format: a table
}

function randomProperties(random: Random): PropertyValues {
  return {
    ...(random.oneIn(3) ? { headers: several(random, 4, () => randomEntry(random, 0)) } : {}),
    ...(random.oneIn(3) ? { deliveryMode: random.pick([0, 1, 2, 255]) } : {}),
    ...(random.oneIn(5) ? { expiration: random.pick(["0", "1", "4294967295", "-1", "soon"]) } : {}),
    ...(random.oneIn(5) ? { priority: random.pick([0, 9, 255]) } : {}),
    ...(random.oneIn(8) ? { replyTo: random.pick(["amq.rabbitmq.reply-to", "a"]) } : {}),
    ...(random.oneIn(8) ? { userId: random.pick(["guest", "root"]) } : {}),
    ...(random.oneIn(8) ? { contentType: random.pick(["text/plain", "\0"]), correlationId: "\0" } : {}),
  };
}

/** basic.publish with its content, in one or more frames, sometimes with a part missing or too much. */
export function randomMessage(random: Random, channel: number): Buffer[] {
  const body = random.bytes(random.pick([0, 1, 40, 5000]));
  const announced = random.oneIn(40) ? body.length + random.pick([-1, 1, 2 ** 40]) : body.length;
  const middle = random.below(body.length + 1);
  const frames = [
    random.oneIn(2)
      ? publishFrame(channel, random.pick(SHARED))
      : publishFrame(channel, random.pick(KEYS), random.pick(EXCHANGES), random.oneIn(2)),
    headerFrame(channel, Math.max(0, announced), randomProperties(random)),
    ...[body.subarray(0, middle), body.subarray(middle)].map((part) => bodyFrame(channel, part)),
  ].slice(0, body.length === 0 ? 2 : 4);
  if (random.oneIn(40)) frames.splice(random.below(frames.length), 1);
  return frames;
}

const DECLARE = {
  kind: "queue.declare",
  passive: false,
  durable: true,
  exclusive: false,
  autoDelete: false,
  noWait: true,
  arguments: [],
} as const;

/** From the protocol header to open channels and queues, frame by frame. */
export function opening(): Buffer[] {
  return [
    PROTOCOL_HEADER,
    encodeMethodFrame(0, startOk()),
    encodeMethodFrame(0, { kind: "connection.tune-ok", channelMax: 2047, frameMax: 131_072, heartbeat: 0 }),
    encodeMethodFrame(0, { kind: "connection.open", virtualHost: "/" }),
    encodeMethodFrame(1, { kind: "channel.open" }),
    encodeMethodFrame(2, { kind: "channel.open" }),
    ...SHARED.map((queue) => encodeMethodFrame(1, { ...DECLARE, queue })),
  ];
}

/** One frame of each kind that can be in a conversation, for pieces to splice in. */
export function donors(random: Random): Buffer[] {
  return [
    ...opening(),
    HEARTBEAT_FRAME,
    ...Array.from({ length: 60 }, () => encodeMethodFrame(1, randomMethod(random))),
    ...Array.from({ length: 10 }, () => randomMessage(random, 1)).flat(),
  ];
}
