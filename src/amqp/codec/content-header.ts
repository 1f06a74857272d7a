import { writeUint64 } from "../../base/uint64.ts";
import { AmqpConnectionError } from "./amqp-error.ts";
import { type BasicProperties, readProperties } from "./basic-properties.ts";
import { FieldReader } from "./field-reader.ts";
import { FRAME_END, FRAME_OVERHEAD_BYTES, FrameType, writeFrameHead } from "./frames.ts";
import { METHOD_IDS } from "./methods.generated.ts";
import { ReplyCode } from "./reply-codes.generated.ts";

const BASIC_CLASS = METHOD_IDS["basic.publish"] >>> 16;
/** class weight body-size. */
const FIXED_BYTES = 12;

/** The frame between a method with content and its body (AMQP 0-9-1 §2.3.5.2). */
export interface ContentHeader {
  /** Of all body frames together; exact up to 2^53 - 1. */
  readonly bodyBytes: number;
  /** A view into the buffer it was read from. */
  readonly properties: BasicProperties;
}

/** Header => class weight body-size properties. hot: nothing is copied. */
export function readContentHeader(buffer: Buffer, start: number, end: number): ContentHeader {
  const reader = new FieldReader(buffer, start, end);
  const classId = reader.short();
  const weight = reader.short();
  if (classId !== BASIC_CLASS || weight !== 0) {
    const detail = `a content header of class ${classId} with weight ${weight}`;
    throw new AmqpConnectionError(ReplyCode.UnexpectedFrame, detail);
  }
  const bodyBytes = reader.longlong();
  return { bodyBytes, properties: readProperties(reader) };
}

/** Bytes of the whole header frame, which cannot be split. */
export function headerFrameLength(properties: BasicProperties): number {
  return FRAME_OVERHEAD_BYTES + FIXED_BYTES + properties.byteLength;
}

/** Writes the whole frame and returns the offset behind it. */
export function writeHeaderFrame(
  target: Buffer,
  offset: number,
  channel: number,
  properties: BasicProperties,
  bodyBytes: number,
): number {
  const size = FIXED_BYTES + properties.byteLength;
  const at = writeFrameHead(target, offset, FrameType.Header, channel, size);
  target.writeUInt32BE(BASIC_CLASS << 16, at);
  writeUint64(target, bodyBytes, at + 4);
  const behind = properties.copyTo(target, at + FIXED_BYTES);
  target[behind] = FRAME_END;
  return behind + 1;
}
