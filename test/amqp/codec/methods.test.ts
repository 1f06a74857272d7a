import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeMethodFrame } from "../../../src/amqp/codec/frames.ts";
import { METHOD_IDS, type Method } from "../../../src/amqp/codec/methods.generated.ts";
import { readMethod } from "../../../src/amqp/codec/read-method.ts";
import { EMPTY_TABLE } from "../../../src/amqp/codec/table.ts";
import { argumentsOf, definitions, isReserved, KINDS, ourName } from "./amqplib-definitions.ts";
import { methodsOf } from "./arbitrary-methods.ts";
import { amqpErrorOf, hex } from "./collecting.ts";

const PAYLOAD_START = 7;

/** Payloads of method frames, written down by hand from AMQP 0-9-1. */
const PAYLOADS: readonly (readonly [bytes: string, method: Method])[] = [
  [
    "000a 000a 00 09 00000000 0000000e 504c41494e20414d51504c41494e 00000005 656e5f5553",
    {
      kind: "connection.start",
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: EMPTY_TABLE,
      mechanisms: Buffer.from("PLAIN AMQPLAIN"),
      locales: Buffer.from("en_US"),
    },
  ],
  [
    "000a 000b 00000003 01 61 56 05 504c41494e 00000004 00 61 00 62 05 656e5f5553",
    {
      kind: "connection.start-ok",
      clientProperties: [{ name: "a", field: { type: "V", value: null } }],
      mechanism: "PLAIN",
      response: Buffer.from("\0a\0b", "latin1"),
      locale: "en_US",
    },
  ],
  [
    "000a 001e 07ff 00020000 003c",
    { kind: "connection.tune", channelMax: 2047, frameMax: 131072, heartbeat: 60 },
  ],
  ["000a 0028 01 2f 00 00", { kind: "connection.open", virtualHost: "/" }],
  ["000a 0029 00", { kind: "connection.open-ok" }],
  [
    "000a 0032 0140 02 6f6b 0000 0000",
    { kind: "connection.close", replyCode: 320, replyText: "ok", classId: 0, methodId: 0 },
  ],
  ["0014 000a 00", { kind: "channel.open" }],
  ["0014 000b 00000000", { kind: "channel.open-ok" }],
  [
    "0014 0028 0194 01 78 0032 000a",
    { kind: "channel.close", replyCode: 404, replyText: "x", classId: 50, methodId: 10 },
  ],
  [
    "0028 000a 0000 01 65 05 746f706963 12 00000000",
    {
      kind: "exchange.declare",
      exchange: "e",
      type: "topic",
      passive: false,
      durable: true,
      autoDelete: false,
      internal: false,
      noWait: true,
      arguments: EMPTY_TABLE,
    },
  ],
  [
    "0032 000a 0000 01 71 0a 0000000c 06 782d74746c73 49 00000064",
    {
      kind: "queue.declare",
      queue: "q",
      passive: false,
      durable: true,
      exclusive: false,
      autoDelete: true,
      noWait: false,
      arguments: [{ name: "x-ttls", field: { type: "I", value: 100 } }],
    },
  ],
  [
    "0032 000b 01 71 00000007 00000002",
    { kind: "queue.declare-ok", queue: "q", messageCount: 7, consumerCount: 2 },
  ],
  ["003c 000a 00000000 000a 01", { kind: "basic.qos", prefetchSize: 0, prefetchCount: 10, global: true }],
  [
    "003c 0014 0000 01 71 01 74 0a 00000000",
    {
      kind: "basic.consume",
      queue: "q",
      consumerTag: "t",
      noLocal: false,
      noAck: true,
      exclusive: false,
      noWait: true,
      arguments: EMPTY_TABLE,
    },
  ],
  [
    "003c 0028 0000 01 65 03 612e62 01",
    { kind: "basic.publish", exchange: "e", routingKey: "a.b", mandatory: true, immediate: false },
  ],
  [
    "003c 003c 01 74 0000000100000002 01 00 01 6b",
    {
      kind: "basic.deliver",
      consumerTag: "t",
      deliveryTag: 0x1_0000_0002,
      redelivered: true,
      exchange: "",
      routingKey: "k",
    },
  ],
  ["003c 0048 00", { kind: "basic.get-empty" }],
  ["003c 0050 0000000000000009 01", { kind: "basic.ack", deliveryTag: 9, multiple: true }],
  ["003c 0078 0000000000000009 02", { kind: "basic.nack", deliveryTag: 9, multiple: false, requeue: true }],
  ["0055 000a 00", { kind: "confirm.select", noWait: false }],
  ["005a 0014", { kind: "tx.commit" }],
  ["0028 0033", { kind: "exchange.unbind-ok" }],
];

function payloadOf(method: Method): Buffer {
  const frame = encodeMethodFrame(1, method);
  return frame.subarray(PAYLOAD_START, frame.length - 1);
}

/** The method as amqplib names and fills its fields. */
function foreignFields(method: Method): Record<string, unknown> {
  const values = new Map<string, unknown>(Object.entries(method));
  const filled = argumentsOf(method.kind).map((argument) => {
    if (isReserved(method.kind, argument)) return [argument.name, argument.type === "short" ? 0 : undefined];
    return [argument.name, values.get(ourName(argument.name))];
  });
  return Object.fromEntries(filled);
}

describe("methods, as AMQP 0-9-1 writes them", () => {
  for (const [bytes, method] of PAYLOADS) {
    it(`writes and reads ${method.kind}`, () => {
      const payload = hex(bytes);

      expect(payloadOf(method).toString("hex")).toBe(payload.toString("hex"));
      expect(readMethod(payload, 0, payload.length)).toEqual(method);
    });
  }

  it("stand in a frame with type, channel, size and end (AMQP 0-9-1 §2.3.5)", () => {
    const frame = encodeMethodFrame(0x0102, { kind: "tx.select" });

    expect(frame.toString("hex")).toBe("01010200000004005a000ace");
  });

  it("are 66, and exchange.unbind-ok is 51", () => {
    expect(KINDS).toHaveLength(66);
    expect(METHOD_IDS["exchange.unbind-ok"]).toBe((40 << 16) | 51);
  });
});

describe("methods beside amqplib", () => {
  const withoutTables = KINDS.filter((kind) => argumentsOf(kind).every(({ type }) => type !== "table"));

  for (const kind of KINDS) {
    it(`reads the ${kind} that was written`, () => {
      fc.assert(
        fc.property(methodsOf(kind), (method) => {
          const payload = payloadOf(method);

          expect(readMethod(payload, 0, payload.length)).toEqual(method);
        }),
      );
    });
  }

  for (const kind of withoutTables) {
    it(`writes ${kind} as amqplib does, and amqplib reads it`, () => {
      fc.assert(
        fc.property(methodsOf(kind), fc.nat(65535), (method, channel) => {
          const fields = foreignFields(method);
          const encoded = encodeMethodFrame(channel, method);

          const theirs = withDefaults(kind, fields);
          expect(encoded.toString("hex")).toBe(
            definitions.encodeMethod(METHOD_IDS[kind], channel, theirs).toString("hex"),
          );
          expect(definitions.decode(METHOD_IDS[kind], encoded.subarray(11, -1))).toEqual(theirs);
        }),
      );
    });
  }

  for (const kind of KINDS.filter((name) => !withoutTables.includes(name))) {
    it(`reads the ${kind} amqplib writes, tables included, and writes it back byte for byte`, () => {
      const fields = withDefaults(kind, {
        arguments: {
          text: "a",
          number: 10,
          half: 0.5,
          far: 2 ** 40,
          list: [1, "b", null],
          inner: { deep: true },
        },
        clientProperties: { product: "x", capabilities: { consumer_cancel_notify: true } },
        serverProperties: { product: "y", stamp: { "!": "timestamp", value: 7 } },
        mechanisms: Buffer.from("PLAIN"),
        response: Buffer.from("\0a\0b"),
        locales: Buffer.from("en_US"),
        exchange: "e",
        queue: "q",
        destination: "d",
        source: "s",
        routingKey: "k",
        consumerTag: "t",
        noAck: true,
      });
      const foreign = definitions.encodeMethod(METHOD_IDS[kind], 5, fields);

      const method = readMethod(foreign, PAYLOAD_START, foreign.length - 1);

      expect(method.kind).toBe(kind);
      expect(encodeMethodFrame(5, method).toString("hex")).toBe(foreign.toString("hex"));
    });
  }
});

/** amqplib wants a value for each field that has no default. */
function withDefaults(
  kind: (typeof KINDS)[number],
  fields: Record<string, unknown>,
): Record<string, unknown> {
  const empty = { bit: false, octet: 0, short: 0, long: 0, longlong: 0, shortstr: "", table: {} };
  const filled = argumentsOf(kind).map(({ name, type }) => {
    const none = type === "longstr" ? Buffer.alloc(0) : empty[type];
    return [name, fields[name] ?? none];
  });
  return Object.fromEntries(filled);
}

describe("bytes that are no method", () => {
  it("end in 503 when nobody knows the method, which is named", () => {
    const error = amqpErrorOf(() => readMethod(hex("003c 0063 00"), 0, 5));

    expect(error).toMatchObject({ replyCode: 503, scope: "connection", classId: 60, methodId: 99 });
    expect(error?.replyText).toBe("COMMAND_INVALID - unknown method 60.99");
  });

  it("end in 503 when nobody knows the class", () => {
    expect(amqpErrorOf(() => readMethod(hex("0046 000a"), 0, 4))).toMatchObject({
      replyCode: 503,
      classId: 70,
    });
  });

  it("end in 501 when they stop early or go on too long", () => {
    const early = hex("0032 000a 0000 05 71");
    const late = hex("005a 000a 00");

    expect(amqpErrorOf(() => readMethod(early, 0, early.length))).toMatchObject({
      replyCode: 501,
      classId: 50,
      methodId: 10,
    });
    expect(amqpErrorOf(() => readMethod(late, 0, late.length))).toMatchObject({
      replyCode: 501,
      classId: 90,
    });
  });

  it("end in 502 when a short string is not UTF-8", () => {
    const payload = hex("003c 001f 02 c328");

    expect(amqpErrorOf(() => readMethod(payload, 0, payload.length))).toMatchObject({
      replyCode: 502,
      methodId: 31,
    });
  });

  it("take bits nobody knows for nothing", () => {
    const payload = hex("003c 0050 0000000000000001 fe");

    expect(readMethod(payload, 0, payload.length)).toEqual({
      kind: "basic.ack",
      deliveryTag: 1,
      multiple: false,
    });
  });
});
