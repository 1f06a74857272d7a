import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  encodeMethodFrame,
  FrameType,
  HEARTBEAT_FRAME,
  PROTOCOL_HEADER,
} from "../../src/amqp/codec/frames.ts";
import type { BasicAck, Method, QueueDeclare } from "../../src/amqp/codec/methods.generated.ts";
import type { FieldTable } from "../../src/base/field-table.ts";
import { startOk } from "../support/amqp-client.ts";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { readMetric } from "../support/read-metric.ts";
import { AmqpBystander } from "./amqp-bystander.ts";
import { HostileAmqpClient } from "./amqp-client.ts";
import { bodyFrame, headerFrame, message, methodBytes, publishFrame, rawFrame } from "./amqp-frames.ts";

/** A busy machine is allowed for. */
const UNDISTURBED_MS = 2000;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const onChannel = (method: Method, channel = 1): Buffer => encodeMethodFrame(channel, method);
const ack = (deliveryTag: number, multiple = false): BasicAck => ({
  kind: "basic.ack",
  deliveryTag,
  multiple,
});
const flags = { passive: false, durable: false, exclusive: true, autoDelete: false, noWait: false };
const declare = (queue: string, table: FieldTable = [], over: Partial<QueueDeclare> = {}): Method => ({
  kind: "queue.declare",
  queue,
  ...flags,
  arguments: table,
  ...over,
});
const consume = (queue: string, consumerTag: string, noAck = true): Method => {
  const others = { noLocal: false, exclusive: false, noWait: false, arguments: [] };
  return { kind: "basic.consume", queue, consumerTag, noAck, ...others };
};
const tuneOk = (channelMax: number, frameMax: number): Method => ({
  kind: "connection.tune-ok",
  channelMax,
  frameMax,
  heartbeat: 0,
});

/** Tables (or arrays) in each other, as bytes: a writer of ours would refuse. */
function nested(depth: number, kind: "F" | "A"): Buffer {
  const tag = Buffer.from(kind);
  const name = kind === "F" ? Buffer.from("0161", "hex") : Buffer.alloc(0);
  const overhead = name.length + 1 + 4;
  const parts: Buffer[] = [];
  for (let level = 0; level < depth; level++) {
    const rest = Buffer.alloc(4);
    rest.writeUInt32BE((depth - level - 1) * overhead);
    parts.push(name, tag, rest);
  }
  return Buffer.concat(parts);
}

/** queue.declare whose arguments are these bytes. */
function declareWith(table: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(table.length);
  const rest = Buffer.concat([hex("0000 00 04"), length, table]);
  return methodBytes(1, 50, 10, rest.toString("hex"));
}

const arrays = (depth: number): Buffer => Buffer.concat([Buffer.from("0161", "hex"), nested(depth, "A")]);
const headerOf = (payload: string): Buffer => rawFrame(FrameType.Header, 1, hex(payload));
const shortString = (bytes: Buffer): string =>
  Buffer.concat([Buffer.from([bytes.length]), bytes]).toString("hex");

/** What is sent instead of a handshake, and what comes of it. */
const BEFORE: readonly (readonly [name: string, bytes: Buffer, farewell: string])[] = [
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "protocol-header"],
  ["MQTT", hex("101000044d5154540502003c000000000000"), "protocol-header"],
  ["TLS", hex("16030100a5010000a10303"), "protocol-header"],
  ["AMQP 0-8", Buffer.from("AMQP\x01\x01\x08\x00", "latin1"), "protocol-header"],
  ["AMQP 0-10", Buffer.from("AMQP\x01\x01\x00\x0a", "latin1"), "protocol-header"],
  ["AMQP 1.0", Buffer.from("AMQP\x00\x01\x00\x00", "latin1"), "protocol-header"],
  ["AMQP 1.0 with SASL", Buffer.from("AMQP\x03\x01\x00\x00", "latin1"), "protocol-header"],
  ["zeros", Buffer.alloc(100_000), "protocol-header"],
  ["a method before it is asked", Buffer.concat([PROTOCOL_HEADER, onChannel({ kind: "tx.select" })]), "504 (90.10)"],
  ["connection.open first", Buffer.concat([PROTOCOL_HEADER, onChannel({ kind: "connection.open", virtualHost: "/" }, 0)]), "504 (10.40)"],
  ["content first", Buffer.concat([PROTOCOL_HEADER, headerFrame(1, 1)]), "505 (0.0)"],
  ["a frame above 4096 bytes before one is agreed", Buffer.concat([PROTOCOL_HEADER, rawFrame(FrameType.Method, 0, Buffer.alloc(4089))]), "501 (0.0)"],
  ["a frame of 4 GiB", Buffer.concat([PROTOCOL_HEADER, hex("01 0000 ffffffff")]), "501 (0.0)"],
]; // biome-ignore format: a table

/** SASL, after the protocol header. */
const LOGINS: readonly (readonly [name: string, mechanism: string, response: Buffer, farewell: string])[] = [
  ["an unknown mechanism", "KERBEROS", Buffer.alloc(0), "503 (10.11)"],
  ["a mechanism of 255 bytes", "é".repeat(127), Buffer.alloc(0), "503 (10.11)"],
  ["EXTERNAL without a certificate", "EXTERNAL", Buffer.from("root"), "503 (10.11)"],
  ["an empty PLAIN", "PLAIN", Buffer.alloc(0), "502 (10.11)"],
  ["PLAIN without NUL", "PLAIN", Buffer.alloc(3000, "a"), "502 (10.11)"],
  ["AMQPLAIN that is no table", "AMQPLAIN", Buffer.alloc(100, 0xff), "501 (10.11)"],
  ["AMQPLAIN without a password", "AMQPLAIN", hex("054c4f47494e 53 00000001 61"), "502 (10.11)"],
  ["AMQPLAIN nested 500 deep", "AMQPLAIN", nested(500, "F"), "502 (10.11)"],
  ["AMQPLAIN with a number for a name", "AMQPLAIN", hex("054c4f47494e 49 00000001"), "502 (10.11)"],
];

const TUNINGS: readonly (readonly [channelMax: number, frameMax: number])[] = [
  [2047, 0],
  [2047, 1],
  [2047, 4095],
  [2047, 131_073],
  [2047, 0xffff_ffff],
  [2048, 131_072],
  [65_535, 131_072],
  [0, 131_072],
];

/** What is sent on a connection with channel 1 open. */
const AFTER: readonly (readonly [name: string, bytes: Buffer, farewell: string])[] = [
  // frames
  ["a frame above frame_max", rawFrame(FrameType.Body, 1, Buffer.alloc(131_072)), "501 (0.0)"],
  ["a wrong frame end", rawFrame(FrameType.Method, 1, hex("005a000a"), 0xcd), "501 (0.0)"],
  ["an unknown frame type", rawFrame(4, 1, Buffer.alloc(0)), "501 (0.0)"],
  ["an empty method frame", rawFrame(FrameType.Method, 1, Buffer.alloc(0)), "501 (0.0)"],
  ["a heartbeat on a channel", rawFrame(FrameType.Heartbeat, 1, Buffer.alloc(0)), "505 (0.0)"],
  ["a heartbeat with a payload", rawFrame(FrameType.Heartbeat, 0, Buffer.alloc(1)), "501 (0.0)"],
  ["bytes that are no frame", Buffer.alloc(1000, 0x41), "501 (0.0)"],
  ["the protocol header again", PROTOCOL_HEADER, "501 (0.0)"],
  // channels
  ["a method on a channel that is not open", onChannel({ kind: "tx.select" }, 2), "504 (90.10)"],
  ["content on a channel that is not open", headerFrame(2, 1), "504 (0.0)"],
  ["a channel above channel_max", onChannel({ kind: "channel.open" }, 2048), "530 (20.10)"],
  ["channel.open twice", onChannel({ kind: "channel.open" }), "504 (20.10)"],
  ["channel.open on channel 0", onChannel({ kind: "channel.open" }, 0), "504 (20.10)"],
  ["a queue's method on channel 0", onChannel(declare("q"), 0), "504 (50.10)"],
  ["connection.open twice", onChannel({ kind: "connection.open", virtualHost: "/" }, 0), "504 (10.40)"],
  ["connection.open on channel 1", onChannel({ kind: "connection.open", virtualHost: "/" }), "503 (10.40)"],
  ["connection.start-ok again", onChannel(startOk(), 0), "504 (10.11)"],
  ["content on channel 0", headerFrame(0, 1), "505 (0.0)"],
  ["a server's method", onChannel({ kind: "queue.purge-ok", messageCount: 1 }), "503 (50.31)"],
  ["an unknown method of a known class", methodBytes(1, 60, 199), "503 (60.199)"],
  ["an unknown class", methodBytes(1, 999, 1), "503 (999.1)"],
  ["a method on a channel that was closed", Buffer.concat([onChannel({ kind: "channel.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 }), onChannel({ kind: "tx.select" })]), "504 (90.10)"],
  // content
  ["a header without a method", headerFrame(1, 1), "505 (0.0)"],
  ["a body without a method", bodyFrame(1, Buffer.alloc(1)), "505 (0.0)"],
  ["a body without a header", Buffer.concat([publishFrame(1, "q"), bodyFrame(1, Buffer.alloc(1))]), "505 (0.0)"],
  ["two headers", Buffer.concat([publishFrame(1, "q"), headerFrame(1, 2), headerFrame(1, 2)]), "505 (0.0)"],
  ["a method in place of the body", Buffer.concat([publishFrame(1, "q"), headerFrame(1, 2), onChannel({ kind: "tx.select" })]), "505 (60.40)"],
  ["more body than was announced", Buffer.concat([publishFrame(1, "q"), headerFrame(1, 2), bodyFrame(1, Buffer.alloc(3))]), "501 (60.40)"],
  ["a header of class queue", Buffer.concat([publishFrame(1, "q"), headerOf("0032 0000 0000000000000001 0000")]), "505 (0.0)"],
  ["a header with a weight", Buffer.concat([publishFrame(1, "q"), headerOf("003c 0001 0000000000000001 0000")]), "505 (0.0)"],
  ["a header with flags nobody knows", Buffer.concat([publishFrame(1, "q"), headerOf("003c 0000 0000000000000001 0003")]), "501 (0.0)"],
  ["a header that ends too early", Buffer.concat([publishFrame(1, "q"), headerOf("003c 0000 00000000")]), "501 (0.0)"],
  ["a body of 2^63 bytes", Buffer.concat([publishFrame(1, "q"), headerOf("003c 0000 8000000000000000 0000")]), "406 channel 1 (60.40)"],
  ["a body of 2^64 - 1 bytes", Buffer.concat([publishFrame(1, "q"), headerOf("003c 0000 ffffffffffffffff 0000")]), "406 channel 1 (60.40)"],
  ["immediate", Buffer.concat([onChannel({ kind: "basic.publish", exchange: "", routingKey: "q", mandatory: false, immediate: true }), headerFrame(1, 0)]), "540 (60.40)"],
  // tables and names
  ["a table nested 10,000 deep", declareWith(nested(10_000, "F")), "502 (50.10)"],
  ["arrays nested 10,000 deep", declareWith(arrays(10_000)), "502 (50.10)"],
  ["headers nested 10,000 deep", Buffer.concat([publishFrame(1, "q"), headerOf(`003c 0000 0000000000000001 2000 ${tableBytes(arrays(10_000))}`)]), "502 (0.0)"],
  ["a table longer than its frame", methodBytes(1, 50, 10, "0000 00 04 7fffffff"), "501 (50.10)"],
  ["a value longer than its table", declareWith(hex("0161 53 7fffffff")), "501 (50.10)"],
  ["a value of an unknown type", declareWith(hex("0161 3f")), "501 (50.10)"],
  ["a queue's name that is no UTF-8", methodBytes(1, 50, 10, `0000 ${shortString(hex("fffe"))} 04 00000000`), "502 (50.10)"],
  ["a routing key that is no UTF-8", methodBytes(1, 60, 40, `0000 00 ${shortString(hex("c3"))} 00`), "502 (60.40)"],
  [
    "a dead letter's routing key that no consumer could be told",
    onChannel(
      declare("q", [
        { name: "x-dead-letter-exchange", field: { type: "S", value: Buffer.from("") } },
        { name: "x-dead-letter-routing-key", field: { type: "S", value: Buffer.alloc(256, "k") } },
      ]),
    ),
    "406 channel 1 (50.10)",
  ],
  ["a reserved queue name", onChannel(declare("amq.mine")), "403 channel 1 (50.10)"],
  ["a reserved exchange name", onChannel({ kind: "exchange.declare", exchange: "amq.mine", type: "direct", passive: false, durable: false, autoDelete: false, internal: false, noWait: false, arguments: [] }), "403 channel 1 (40.10)"],
  ["the default exchange as a source", onChannel({ kind: "queue.bind", queue: "the bystander's", exchange: "", routingKey: "k", noWait: false, arguments: [] }), "403 channel 1 (50.20)"],
  ["deleting amq.topic", onChannel({ kind: "exchange.delete", exchange: "amq.topic", ifUnused: false, noWait: false }), "403 channel 1 (40.20)"],
  // settling, consuming, modes
  ["ack of tag 0", onChannel(ack(0)), "406 channel 1 (60.80)"],
  ["ack of a tag that was never given", onChannel(ack(7)), "406 channel 1 (60.80)"],
  ["ack of all up to a tag that was never given", onChannel(ack(7, true)), "406 channel 1 (60.80)"],
  ["ack of tag 2^64 - 1", methodBytes(1, 60, 80, "ffffffffffffffff 01"), "406 channel 1 (60.80)"],
  ["ack twice", Buffer.concat([onChannel(declare("twice")), message(1, "twice", Buffer.from("x")), onChannel({ kind: "basic.get", queue: "twice", noAck: false }), onChannel(ack(1)), onChannel(ack(1))]), "406 channel 1 (60.80)"],
  ["a prefetch size", onChannel({ kind: "basic.qos", prefetchSize: 0xffff_ffff, prefetchCount: 65_535, global: true }), "540 (60.10)"],
  ["one consumer tag twice", Buffer.concat([onChannel(declare("tags")), onChannel(consume("tags", "t")), onChannel(consume("tags", "t"))]), "530 (60.20)"],
  ["confirms in a transaction", Buffer.concat([onChannel({ kind: "tx.select" }), onChannel({ kind: "confirm.select", noWait: false })]), "406 channel 1 (85.10)"],
  ["a transaction with confirms", Buffer.concat([onChannel({ kind: "confirm.select", noWait: false }), onChannel({ kind: "tx.select" })]), "406 channel 1 (90.10)"],
  // direct replies
  ["a direct reply without who waits for it", Buffer.concat([publishFrame(1, "q"), headerFrame(1, 1, { replyTo: "amq.rabbitmq.reply-to" })  , bodyFrame(1, Buffer.alloc(1))]), "406 channel 1 (60.40)"],
  ["acknowledged direct replies", onChannel(consume("amq.rabbitmq.reply-to", "", false)), "406 channel 1 (60.20)"],
  ["direct replies twice", Buffer.concat([onChannel(consume("amq.rabbitmq.reply-to", "a")), onChannel(consume("amq.rabbitmq.reply-to", "b"))]), "406 channel 1 (60.20)"],
  ["somebody else's user id", Buffer.concat([publishFrame(1, "q"), headerFrame(1, 1, { userId: "root" }), bodyFrame(1, Buffer.alloc(1))]), "406 channel 1 (60.40)"],
]; // biome-ignore format: a table

function tableBytes(table: Buffer): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(table.length);
  return Buffer.concat([length, table]).toString("hex");
}

describe("hostile bytes of an AMQP client", () => {
  let broker: BrokerProcess;
  let port: number;

  beforeAll(async () => {
    broker = await startBroker({
      config: {
        storage: { durability: "memory" },
        mqtt: { connectTimeout: 2 },
        listeners: [{ type: "amqp" }, { type: "admin" }],
      },
    });
    port = broker.portOf("amqp");
  });
  afterAll(() => broker?.dispose());

  /** Lines the broker has written since it was asked last. */
  let seenLines = 0;
  const newLines = (): string[] => {
    const lines = broker
      .output()
      .split("\n")
      .filter((line) => line !== "");
    const fresh = lines.slice(seenLines);
    seenLines = lines.length;
    return fresh;
  };

  /** Disturbs nobody, is written down in one line, and names the reason to the one who did it. */
  async function toldOff(attack: () => Promise<HostileAmqpClient>): Promise<string> {
    newLines();
    const bystander = await AmqpBystander.connect(port);
    const client = await attack();
    const farewell = await client.farewell();
    client.drop();
    const { largest } = await bystander.stop();
    expect(largest).toBeLessThan(UNDISTURBED_MS);
    expect(newLines()).toHaveLength(1);
    return farewell;
  }

  it.each(BEFORE)("before the handshake, %s", async (_, bytes, expected) => {
    const farewell = await toldOff(async () => {
      const client = await HostileAmqpClient.dial(port);
      client.write(bytes);
      return client;
    });

    expect(farewell).toBe(expected);
  });

  it.each(LOGINS)("as a login, %s", async (_, mechanism, response, expected) => {
    const farewell = await toldOff(async () => {
      const client = await HostileAmqpClient.dial(port);
      const login = {
        kind: "connection.start-ok",
        clientProperties: [],
        mechanism,
        response,
        locale: "xx",
      } as const;
      client.write(PROTOCOL_HEADER, encodeMethodFrame(0, login));
      return client;
    });

    expect(farewell).toBe(expected);
  });

  it.each(TUNINGS)("tune-ok with channel_max %i and frame_max %i: 530", async (channelMax, frameMax) => {
    const farewell = await toldOff(async () => {
      const client = await HostileAmqpClient.dial(port);
      client.write(PROTOCOL_HEADER, onChannel(startOk(), 0));
      await client.until("connection.tune");
      client.send(0, tuneOk(channelMax, frameMax));
      return client;
    });

    expect(farewell).toBe("530 (10.31)");
  });

  it.each(AFTER)("on an open connection, %s", async (_, bytes, expected) => {
    const farewell = await toldOff(async () => {
      const client = await HostileAmqpClient.connect(port);
      client.write(bytes);
      return client;
    });

    expect(farewell).toBe(expected);
  });

  it("header and silence, half a login and silence: closed when the connection is not open in time", async () => {
    for (const bytes of [
      Buffer.alloc(0),
      PROTOCOL_HEADER,
      Buffer.concat([PROTOCOL_HEADER, hex("01 0000 0000")]),
    ]) {
      const farewell = await toldOff(async () => {
        const client = await HostileAmqpClient.dial(port);
        client.write(bytes);
        await client.until("end");
        return client;
      });

      expect(farewell).toBe("end");
    }
  });

  it("half a frame and silence: closed after two heartbeats (AMQP 0-9-1 §4.2.7)", async () => {
    const farewell = await toldOff(async () => {
      const client = await HostileAmqpClient.dial(port);
      client.write(PROTOCOL_HEADER, onChannel(startOk(), 0));
      await client.until("connection.tune");
      client.send(0, { kind: "connection.tune-ok", channelMax: 2047, frameMax: 131_072, heartbeat: 1 });
      client.send(0, { kind: "connection.open", virtualHost: "/" });
      client.write(hex("01 0001 0000"));
      await client.until("end");
      return client;
    });

    expect(farewell).toBe("end");
  });

  it("what follows connection.close is discarded, whatever it is", async () => {
    const client = await HostileAmqpClient.connect(port);
    const close: Method = {
      kind: "connection.close",
      replyCode: 200,
      replyText: "",
      classId: 0,
      methodId: 0,
    };
    client.write(
      onChannel(close, 0),
      onChannel(declare("after the close", [], { exclusive: false, durable: true })),
      Buffer.alloc(100_000, 0x41),
    );
    await client.until("connection.close-ok");
    client.drop();
    const other = await HostileAmqpClient.connect(port);
    other.send(1, declare("after the close", [], { passive: true }));

    expect(await other.farewell()).toBe("404 channel 1 (50.10)");
    other.drop();
  });

  it("a million heartbeats disturb nobody, and the connection stays", async () => {
    const bystander = await AmqpBystander.connect(port);
    const client = await HostileAmqpClient.connect(port);
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => HEARTBEAT_FRAME));
    for (let n = 0; n < 100; n++) client.write(flood);
    client.send(1, { kind: "tx.select" });
    await client.until("tx.select-ok");
    client.drop();

    expect((await bystander.stop()).largest).toBeLessThan(UNDISTURBED_MS);
  });

  it("leave nothing open, and were no errors of the broker", async () => {
    expect(broker.output()).not.toMatch(/error of the broker|uncaught/i);
    await expect.poll(() => readMetric(broker.adminPort, "causeway_amqp_connections")).toBe(0);
  });
});
