import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACK_FRAME_BYTES, writeAck, writeNack } from "../../../src/amqp/codec/acks.ts";
import { NO_PROPERTIES, toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import { readContentHeader } from "../../../src/amqp/codec/content-header.ts";
import {
  type OutgoingDelivery,
  writeContent,
  writeDelivery,
} from "../../../src/amqp/codec/content-writer.ts";
import { FrameReader } from "../../../src/amqp/codec/frame-reader.ts";
import { encodeMethodFrame, FrameType } from "../../../src/amqp/codec/frames.ts";
import { readMethod } from "../../../src/amqp/codec/read-method.ts";
import { propertyValues, shortStrings } from "./arbitrary-methods.ts";
import { type CollectedFrame, CollectingOutput, CollectingSink, hex } from "./collecting.ts";

const FRAME_MAX = 4096;
const LARGEST_PIECE = FRAME_MAX - 8;

function aDelivery(changes: Partial<OutgoingDelivery> = {}): OutgoingDelivery {
  return {
    consumerTag: "t",
    deliveryTag: 2,
    redelivered: true,
    exchange: "e",
    routingKey: "k",
    properties: toProperties({ deliveryMode: 2 }),
    body: Buffer.from("hello"),
    ...changes,
  };
}

function framesIn(output: CollectingOutput): CollectedFrame[] {
  const reader = new FrameReader("server");
  reader.maximumFrameBytes = Number.POSITIVE_INFINITY;
  const sink = new CollectingSink();
  reader.push(output.bytes, sink);
  if (!reader.isIdle) throw new Error("the last frame is cut off");
  return sink.frames;
}

function bodyOf(frames: readonly CollectedFrame[]): Buffer {
  return Buffer.concat(frames.slice(2).map(({ payload }) => payload));
}

describe("basic.deliver with its message", () => {
  it("is method, header and body, as AMQP 0-9-1 writes them", () => {
    const output = new CollectingOutput();

    writeDelivery(output, 3, FRAME_MAX, aDelivery());

    expect(output.bytes).toEqual(
      hex(`01 0003 00000013 003c 003c 01 74 0000000000000002 01 01 65 01 6b ce
           02 0003 0000000f 003c 0000 0000000000000005 1000 02 ce
           03 0003 00000005 68656c6c6f ce`),
    );
  });

  it("has no body frame when the body is empty", () => {
    const output = new CollectingOutput();

    writeDelivery(output, 1, FRAME_MAX, aDelivery({ body: Buffer.alloc(0) }));

    expect(framesIn(output).map(({ type }) => type)).toEqual([FrameType.Method, FrameType.Header]);
  });

  for (const [size, pieces] of [
    [LARGEST_PIECE, [LARGEST_PIECE]],
    [LARGEST_PIECE + 1, [LARGEST_PIECE, 1]],
    [20_000, [LARGEST_PIECE, LARGEST_PIECE, LARGEST_PIECE, LARGEST_PIECE, 20_000 - 4 * LARGEST_PIECE]],
  ] as const) {
    it(`splits a body of ${size} bytes at the agreed size (AMQP 0-9-1 §2.3.5.2)`, () => {
      const body = Buffer.alloc(size, "abc");
      const output = new CollectingOutput();

      writeDelivery(output, 1, FRAME_MAX, aDelivery({ body }));

      const frames = framesIn(output);
      expect(frames.slice(2).map(({ payload }) => payload.length)).toEqual(pieces);
      expect(bodyOf(frames).equals(body)).toBe(true);
    });
  }

  it("sends a large body from where it is, and a small one as a copy", () => {
    const body = Buffer.alloc(30_000, "abc");
    const [large, small] = [new CollectingOutput(), new CollectingOutput()];

    writeDelivery(large, 1, 0, aDelivery({ body }));
    writeDelivery(small, 1, 0, aDelivery());

    expect(large.references).toHaveLength(1);
    expect(large.references[0]?.buffer).toBe(body.buffer);
    expect(small.references).toEqual([]);
    expect(bodyOf(framesIn(large)).equals(body)).toBe(true);
  });

  it("is not written when the properties do not fit into one frame", () => {
    const output = new CollectingOutput();
    const properties = toProperties({
      headers: [{ name: "a", field: { type: "x", value: Buffer.alloc(FRAME_MAX) } }],
    });

    expect(writeDelivery(output, 1, FRAME_MAX, aDelivery({ properties }))).toBe(false);
    expect(output.pieces).toEqual([]);
    expect(writeDelivery(output, 1, 0, aDelivery({ properties }))).toBe(true);
  });

  it("is read as it was written", () => {
    const sizes = fc.nat(40_000);
    const maxima = fc.constantFrom(0, FRAME_MAX, 131_072);
    const texts = fc.record({ consumerTag: shortStrings, exchange: shortStrings, routingKey: shortStrings });
    fc.assert(
      fc.property(
        texts,
        fc.maxSafeNat(),
        propertyValues,
        sizes,
        maxima,
        (names, deliveryTag, values, size, frameMax) => {
          const body = Buffer.alloc(size, "abcdefg");
          const output = new CollectingOutput();
          const delivery = aDelivery({ ...names, deliveryTag, properties: toProperties(values), body });

          const isWritten = writeDelivery(output, 1, frameMax, delivery);

          const frames = framesIn(output);
          const [method, header] = frames as [CollectedFrame, CollectedFrame];
          expect(isWritten).toBe(true);
          expect(readMethod(method.payload, 0, method.payload.length)).toEqual({
            kind: "basic.deliver",
            ...names,
            deliveryTag,
            redelivered: true,
          });
          const read = readContentHeader(header.payload, 0, header.payload.length);
          expect(read.bodyBytes).toBe(size);
          expect(read.properties.raw.equals(delivery.properties.raw)).toBe(true);
          expect(bodyOf(frames).equals(body)).toBe(true);
        },
      ),
    );
  });
});

describe("any method with content", () => {
  for (const size of [0, 5, 30_000]) {
    it(`writes what basic.deliver writes by itself, with ${size} bytes`, () => {
      const { body, properties, ...fields } = aDelivery({ body: Buffer.alloc(size, "x") });
      const [one, other] = [new CollectingOutput(), new CollectingOutput()];

      writeContent(one, 1, FRAME_MAX, { kind: "basic.deliver", ...fields }, properties, body);
      writeDelivery(other, 1, FRAME_MAX, { ...fields, properties, body });

      expect(one.bytes.equals(other.bytes)).toBe(true);
      expect(one.references.length).toBe(other.references.length);
    });
  }

  it("writes nothing when the properties do not fit", () => {
    const output = new CollectingOutput();
    const properties = toProperties({
      headers: [{ name: "a", field: { type: "x", value: Buffer.alloc(FRAME_MAX) } }],
    });
    const { body, properties: _, ...fields } = aDelivery();

    expect(writeContent(output, 1, FRAME_MAX, { kind: "basic.deliver", ...fields }, properties, body)).toBe(
      false,
    );
    expect(output.pieces).toEqual([]);
  });

  it("publishes, for clients", () => {
    const output = new CollectingOutput();
    const publish = {
      kind: "basic.publish",
      exchange: "",
      routingKey: "q",
      mandatory: true,
      immediate: false,
    } as const;

    writeContent(output, 1, FRAME_MAX, publish, NO_PROPERTIES, Buffer.from("a"));

    expect(output.bytes).toEqual(
      hex(`01 0001 0000000a 003c 0028 0000 00 01 71 01 ce
           02 0001 0000000e 003c 0000 0000000000000001 0000 ce
           03 0001 00000001 61 ce`),
    );
  });
});

describe("confirms", () => {
  it("are written as the methods they are", () => {
    fc.assert(
      fc.property(fc.nat(65535), fc.maxSafeNat(), fc.boolean(), (channel, deliveryTag, multiple) => {
        const [ack, nack] = [Buffer.alloc(5 + ACK_FRAME_BYTES), Buffer.alloc(ACK_FRAME_BYTES)];

        const ends = [
          writeAck(ack, 5, channel, deliveryTag, multiple),
          writeNack(nack, 0, channel, deliveryTag, multiple),
        ];

        expect(ends).toEqual([ack.length, nack.length]);
        expect(ack.subarray(5)).toEqual(
          encodeMethodFrame(channel, { kind: "basic.ack", deliveryTag, multiple }),
        );
        expect(nack).toEqual(
          encodeMethodFrame(channel, { kind: "basic.nack", deliveryTag, multiple, requeue: false }),
        );
      }),
    );
  });
});
