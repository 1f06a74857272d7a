import { type PropertyValues, toProperties } from "../../src/amqp/codec/basic-properties.ts";
import { headerFrameLength, writeHeaderFrame } from "../../src/amqp/codec/content-header.ts";
import {
  encodeMethodFrame,
  FRAME_END,
  FRAME_OVERHEAD_BYTES,
  FrameType,
  writeFrameHead,
} from "../../src/amqp/codec/frames.ts";
import type { Method } from "../../src/amqp/codec/methods.generated.ts";

/** Any frame, also one that may not be. */
export function rawFrame(type: number, channel: number, payload: Buffer, end = FRAME_END): Buffer {
  const frame = Buffer.alloc(payload.length + FRAME_OVERHEAD_BYTES);
  payload.copy(frame, writeFrameHead(frame, 0, type as FrameType, channel, payload.length));
  frame[frame.length - 1] = end;
  return frame;
}

/** A method frame of bytes. */
export function methodBytes(channel: number, classId: number, methodId: number, rest = ""): Buffer {
  const id = Buffer.alloc(4);
  id.writeUInt16BE(classId, 0);
  id.writeUInt16BE(methodId, 2);
  return rawFrame(
    FrameType.Method,
    channel,
    Buffer.concat([id, Buffer.from(rest.replaceAll(" ", ""), "hex")]),
  );
}

export function headerFrame(channel: number, bodyBytes: number, values: PropertyValues = {}): Buffer {
  const properties = toProperties(values);
  const frame = Buffer.alloc(headerFrameLength(properties));
  writeHeaderFrame(frame, 0, channel, properties, bodyBytes);
  return frame;
}

export function bodyFrame(channel: number, body: Buffer): Buffer {
  return rawFrame(FrameType.Body, channel, body);
}

export function publishFrame(channel: number, routingKey: string, exchange = "", mandatory = false): Buffer {
  const method: Method = { kind: "basic.publish", exchange, routingKey, mandatory, immediate: false };
  return encodeMethodFrame(channel, method);
}

/** Method, header and body. */
export function message(channel: number, routingKey: string, body: Buffer, exchange = ""): Buffer {
  const frames = [publishFrame(channel, routingKey, exchange), headerFrame(channel, body.length)];
  return Buffer.concat(body.length === 0 ? frames : [...frames, bodyFrame(channel, body)]);
}
