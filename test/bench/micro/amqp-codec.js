// Nanoseconds per message, our AMQP codec beside amqplib's. After `npm run build`: node test/bench/micro/amqp-codec.js
import { createRequire } from "node:module";
import { ACK_FRAME_BYTES, writeAck } from "../../../dist/src/amqp/codec/acks.js";
import { toProperties } from "../../../dist/src/amqp/codec/basic-properties.js";
import { readContentHeader } from "../../../dist/src/amqp/codec/content-header.js";
import { writeContent, writeDelivery } from "../../../dist/src/amqp/codec/content-writer.js";
import { FrameReader } from "../../../dist/src/amqp/codec/frame-reader.js";
import { FrameType } from "../../../dist/src/amqp/codec/frames.js";
import { NameCache } from "../../../dist/src/amqp/codec/name-cache.js";
import { readMethod } from "../../../dist/src/amqp/codec/read-method.js";
import { fromPlain } from "../../../dist/src/amqp/codec/table-values.js";

const ROUNDS = 7;
const MESSAGES = 200;
const FRAME_MAX = 131_072;
const CHUNK_BYTES = 65_536;
const load = createRequire(import.meta.url);
const folder = new URL("../../../node_modules/amqplib/lib/", import.meta.url);
const definitions = load(new URL("defs.js", folder).pathname);
const { parseFrame, decodeFrame, makeBodyFrame } = load(new URL("frame.js", folder).pathname);
const names = new NameCache();
let kept = 0;

/** The best of some rounds: what the code costs when nothing disturbs it. */
function measure(name, perRound, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    run(perRound);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / perRound);
  }
  console.log(`${name.padEnd(62)} ${best.toFixed(0).padStart(7)} ns`);
}

/** Writes into one chunk again and again. */
class ChunkOutput {
  #chunk = Buffer.alloc(CHUNK_BYTES);
  position = 0;

  reserve(length) {
    if (this.position + length > CHUNK_BYTES) this.position = 0;
    return this.#chunk;
  }

  advance(end) {
    this.position = end;
  }

  reference(bytes) {
    kept += bytes.length;
  }

  taken() {
    return Buffer.from(this.#chunk.subarray(0, this.position));
  }
}

function publishStream(properties, body) {
  const output = new ChunkOutput();
  for (let i = 0; i < MESSAGES; i++) {
    const routingKey = `plant.line-${i % 10}.sensor-${i}`;
    const publish = {
      kind: "basic.publish",
      exchange: "amq.topic",
      routingKey,
      mandatory: false,
      immediate: false,
    };
    writeContent(output, 1, FRAME_MAX, publish, properties, body);
  }
  return output.taken();
}

const sink = {
  protocolHeader() {},
  frame(type, _channel, buffer, start, end) {
    if (type === FrameType.Method) kept += readMethod(buffer, start, end, names).kind.length;
    else if (type === FrameType.Header) kept += readContentHeader(buffer, start, end).bodyBytes;
    else kept += end - start;
    return true;
  },
};

function aReader() {
  const reader = new FrameReader("server");
  reader.maximumFrameBytes = FRAME_MAX;
  return reader;
}

function compareDecoding(name, stream, perMessage) {
  const reader = aReader();
  measure(`${name}: cut and read`, 400_000, (count) => {
    for (let i = 0; i < count; i += perMessage) reader.push(stream, sink);
  });
  measure(`${name}: amqplib parses and decodes`, 100_000, (count) => {
    for (let i = 0; i < count; i += perMessage) {
      let rest = stream;
      while (rest.length > 0) {
        const frame = parseFrame(rest, FRAME_MAX);
        kept += decodeFrame(frame).channel;
        rest = frame.rest;
      }
    }
  });
}

function compareDelivering(name, values, foreign, body) {
  const properties = toProperties(values);
  const output = new ChunkOutput();
  const delivery = {
    consumerTag: "amq.ctag-7YtF0PQm",
    deliveryTag: 1000,
    redelivered: false,
    exchange: "amq.topic",
    routingKey: "plant.line-3.sensor-123",
    properties,
    body,
  };
  measure(`${name}: write deliver, header, body`, 1_000_000, (count) => {
    for (let i = 0; i < count; i++) writeDelivery(output, 1, FRAME_MAX, delivery);
  });
  const { properties: _, body: __, ...fields } = delivery;
  measure(`${name}: amqplib encodes`, 100_000, (count) => {
    for (let i = 0; i < count; i++) {
      kept += definitions.encodeMethod(definitions.BasicDeliver, 1, fields).length;
      kept += definitions.encodeProperties(60, 1, body.length, foreign).length;
      kept += makeBodyFrame(1, body).length;
    }
  });
}

function compareAcks() {
  const frame = Buffer.alloc(ACK_FRAME_BYTES);
  const stream = Buffer.alloc(ACK_FRAME_BYTES * MESSAGES);
  for (let i = 0; i < MESSAGES; i++) writeAck(stream, i * ACK_FRAME_BYTES, 1, i, false);
  compareDecoding("basic.ack", stream, MESSAGES);
  measure("basic.ack: write", 5_000_000, (count) => {
    for (let i = 0; i < count; i++) kept += writeAck(frame, 0, 1, i, false);
  });
  measure("basic.ack: amqplib encodes", 500_000, (count) => {
    for (let i = 0; i < count; i++) {
      const fields = { deliveryTag: i, multiple: false };
      kept += definitions.encodeMethod(definitions.BasicAck, 1, fields).length;
    }
  });
}

const BODY = Buffer.alloc(64, 0x61);
const PLAIN = { deliveryMode: 2, contentType: "application/json" };
const HEADERS = { unit: "celsius", sequence: 100_000, site: "north" };
const WITH_HEADERS = { ...PLAIN, headers: fromPlain(HEADERS) };
compareDecoding("publish, 64 bytes", publishStream(toProperties(PLAIN), BODY), MESSAGES);
compareDecoding("publish with 3 headers", publishStream(toProperties(WITH_HEADERS), BODY), MESSAGES);
compareDelivering("deliver, 64 bytes", PLAIN, PLAIN, BODY);
compareDelivering("deliver with 3 headers", WITH_HEADERS, { ...PLAIN, headers: HEADERS }, BODY);
compareAcks();
console.log(`Node ${process.version}; ${kept} bytes seen`);
