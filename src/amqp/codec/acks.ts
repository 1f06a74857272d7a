import { writeUint64 } from "../../base/uint64.ts";
import { FRAME_END, FrameType, writeFrameHead } from "./frames.ts";
import { METHOD_IDS } from "./methods.generated.ts";

/** class method delivery-tag bits. */
const PAYLOAD_BYTES = 13;
/** Bytes of a basic.ack or basic.nack frame. */
export const ACK_FRAME_BYTES = 21;
const ACK_ID = METHOD_IDS["basic.ack"];
const NACK_ID = METHOD_IDS["basic.nack"];
const MULTIPLE = 1;

/** hot: writes a basic.ack frame and returns the offset behind it. */
export function writeAck(
  target: Buffer,
  offset: number,
  channel: number,
  deliveryTag: number,
  multiple: boolean,
): number {
  return write(target, offset, channel, ACK_ID, deliveryTag, multiple);
}

/** Writes a basic.nack frame without requeue, which means nothing in a confirm; returns the offset behind it. */
export function writeNack(
  target: Buffer,
  offset: number,
  channel: number,
  deliveryTag: number,
  multiple: boolean,
): number {
  return write(target, offset, channel, NACK_ID, deliveryTag, multiple);
}

function write(
  target: Buffer,
  offset: number,
  channel: number,
  id: number,
  deliveryTag: number,
  multiple: boolean,
): number {
  let at = writeFrameHead(target, offset, FrameType.Method, channel, PAYLOAD_BYTES);
  at = target.writeUInt32BE(id, at);
  at = writeUint64(target, deliveryTag, at);
  target[at] = multiple ? MULTIPLE : 0;
  target[at + 1] = FRAME_END;
  return at + 2;
}
