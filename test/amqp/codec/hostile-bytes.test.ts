import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AmqpError } from "../../../src/amqp/codec/amqp-error.ts";
import { toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import {
  headerFrameLength,
  readContentHeader,
  writeHeaderFrame,
} from "../../../src/amqp/codec/content-header.ts";
import { FrameReader, type FrameSink } from "../../../src/amqp/codec/frame-reader.ts";
import { encodeMethodFrame, FrameType, PROTOCOL_HEADER } from "../../../src/amqp/codec/frames.ts";
import { NameCache } from "../../../src/amqp/codec/name-cache.ts";
import { readMethod } from "../../../src/amqp/codec/read-method.ts";
import { KINDS } from "./amqplib-definitions.ts";
import { methods, methodsOf, propertyValues } from "./arbitrary-methods.ts";
import { amqpErrorOf } from "./collecting.ts";

const names = new NameCache();

/** Decodes whatever is cut out, and every property of a header that was accepted. */
const decodingSink: FrameSink = {
  protocolHeader: () => {},
  frame(type, _channel, buffer, start, end) {
    if (type === FrameType.Method) readMethod(buffer, start, end, names);
    if (type === FrameType.Header) readAll(buffer, start, end);
    return true;
  },
};

function readAll(buffer: Buffer, start: number, end: number): void {
  const { properties } = readContentHeader(buffer, start, end);
  const { headers, timestamp, contentType, clusterId, deliveryMode } = properties;
  properties.with({ headers, timestamp, contentType, clusterId, deliveryMode });
}

function decode(bytes: Buffer): AmqpError | undefined {
  const reader = new FrameReader();
  reader.maximumFrameBytes = 1 << 20;
  return amqpErrorOf(() => reader.push(Buffer.concat([PROTOCOL_HEADER, bytes]), decodingSink));
}

function headerFrame(values: Parameters<typeof toProperties>[0]): Buffer {
  const properties = toProperties(values);
  const frame = Buffer.alloc(headerFrameLength(properties));
  writeHeaderFrame(frame, 0, 1, properties, 10);
  return frame;
}

const methodFrames = methods.map((method) => encodeMethodFrame(1, method));
const frames = fc.oneof(methodFrames, propertyValues.map(headerFrame));

describe("hostile bytes", () => {
  for (const kind of KINDS) {
    it(`make no method of a part of ${kind}`, () => {
      fc.assert(
        fc.property(methodsOf(kind), (method) => {
          const frame = encodeMethodFrame(1, method);
          const payload = frame.subarray(7, frame.length - 1);

          for (let end = 0; end < payload.length; end++) {
            expect(amqpErrorOf(() => readMethod(payload, 0, end, names))).toBeDefined();
          }
        }),
        { numRuns: 10 },
      );
    });
  }

  it("make no content header of a part of one", () => {
    fc.assert(
      fc.property(propertyValues, (values) => {
        const frame = headerFrame(values);

        for (let end = 7; end < frame.length - 1; end++) {
          expect(amqpErrorOf(() => readContentHeader(frame, 7, end))).toBeDefined();
        }
      }),
    );
  });

  it("changed in a few places end in a frame or an AMQP error, never in anything else", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(frames, changes, (frame, changed) => {
        const bytes = Buffer.from(frame);
        for (const [place, byte] of changed) bytes[place % bytes.length] = byte;

        decode(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("changed behind the head end in a method or an AMQP error that names the method", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(methods, changes, (method, changed) => {
        const frame = encodeMethodFrame(1, method);
        const payload = frame.subarray(7, frame.length - 1);
        for (const [place, byte] of changed) payload[place % payload.length] = byte;

        const error = amqpErrorOf(() => readMethod(payload, 0, payload.length, names));

        if (error !== undefined) {
          expect([error.classId, error.methodId]).toEqual([payload.readUInt16BE(0), payload.readUInt16BE(2)]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("of any kind end in frames or an AMQP error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decode(Buffer.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("end in 501 when the frame's end is cut off by a size that is too small", () => {
    const frame = encodeMethodFrame(1, { kind: "basic.ack", deliveryTag: 1, multiple: false });
    frame.writeUInt32BE(5, 3);

    expect(decode(frame)?.replyCode).toBe(501);
  });
});
