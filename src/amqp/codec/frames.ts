import { FieldWriter } from "./field-writer.ts";
import { encodeMethod, type Method } from "./methods.generated.ts";

/** First byte of a frame (AMQP 0-9-1 §2.3.5). */
export const FrameType = { Method: 1, Header: 2, Body: 3, Heartbeat: 8 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Last byte of a frame. */
export const FRAME_END = 0xce;
/** type channel size. */
export const FRAME_HEAD_BYTES = 7;
/** What a frame is longer than its payload: head and end. */
export const FRAME_OVERHEAD_BYTES = FRAME_HEAD_BYTES + 1;
/** Every peer takes frames up to this size, overhead included, before a larger one is agreed (AMQP 0-9-1 §4.2.3). */
export const SMALLEST_FRAME_MAX = 4096;

/** What a client sends first, and a server to one that sent anything else (AMQP 0-9-1 §4.2.2). */
export const PROTOCOL_HEADER: Buffer = Buffer.from("AMQP\0\0\x09\x01", "latin1");

/** AMQP 0-9-1 §4.2.7. */
export const HEARTBEAT_FRAME: Buffer = Buffer.from([FrameType.Heartbeat, 0, 0, 0, 0, 0, 0, FRAME_END]);

/** Writes type, channel and size; returns the offset of the payload. */
export function writeFrameHead(
  target: Buffer,
  offset: number,
  type: FrameType,
  channel: number,
  size: number,
): number {
  target[offset] = type;
  target[offset + 1] = channel >>> 8;
  target[offset + 2] = channel & 0xff;
  target.writeUInt32BE(size, offset + 3);
  return offset + FRAME_HEAD_BYTES;
}

/** A method frame, whole. */
export function encodeMethodFrame(channel: number, method: Method): Buffer {
  const writer = new FieldWriter();
  writer.reserve(FRAME_HEAD_BYTES);
  encodeMethod(writer, method);
  writer.octet(FRAME_END);
  const frame = writer.finish();
  writeFrameHead(frame, 0, FrameType.Method, channel, frame.length - FRAME_OVERHEAD_BYTES);
  return frame;
}
