import { writeUint64 } from "../../base/uint64.ts";
import type { BasicProperties } from "./basic-properties.ts";
import { headerFrameLength, writeHeaderFrame } from "./content-header.ts";
import {
  encodeMethodFrame,
  FRAME_END,
  FRAME_HEAD_BYTES,
  FRAME_OVERHEAD_BYTES,
  FrameType,
  writeFrameHead,
} from "./frames.ts";
import {
  type BasicDeliver,
  type BasicGetOk,
  type BasicPublish,
  type BasicReturn,
  METHOD_IDS,
} from "./methods.generated.ts";
import { shortStringLength, writeShortString } from "./short-string.ts";

/** Bodies from here on are not copied. */
const BY_REFERENCE_BYTES = 16 * 1024;
const DELIVER_ID = METHOD_IDS["basic.deliver"];
/** class method delivery-tag redelivered. */
const DELIVER_FIXED_BYTES = 13;

/** Where frames go: bytes are written at `position` of what `reserve` returned, then `advance` is told where they end. */
export interface FrameOutput {
  /** Room for `length` bytes. */
  reserve(length: number): Buffer;
  readonly position: number;
  advance(end: number): void;
  /** Sends these bytes without copying them: they must not change any more. */
  reference(bytes: Buffer): void;
}

/** Methods that carry a message. */
export type ContentMethod = BasicPublish | BasicReturn | BasicDeliver | BasicGetOk;

/** What basic.deliver and the message behind it are made of. Hot: always all keys. */
export interface OutgoingDelivery {
  readonly consumerTag: string;
  readonly deliveryTag: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: BasicProperties;
  readonly body: Buffer;
}

/**
 * hot: writes basic.deliver, content header and body frames; `frameMax` 0 = no limit. Returns false, with nothing
 * written, when the properties do not fit into one frame of the consumer's.
 */
export function writeDelivery(
  output: FrameOutput,
  channel: number,
  frameMax: number,
  delivery: OutgoingDelivery,
): boolean {
  const { properties, body } = delivery;
  const headerLength = headerFrameLength(properties);
  if (frameMax !== 0 && headerLength > frameMax) return false;
  const size = deliverSize(delivery);
  const headLength = FRAME_OVERHEAD_BYTES + size + headerLength;
  const isCopied = body.length < BY_REFERENCE_BYTES;
  const buffer = output.reserve(headLength + (isCopied ? bodyFramesLength(body.length, frameMax) : 0));
  let at = writeDeliver(buffer, output.position, channel, delivery, size);
  at = writeHeaderFrame(buffer, at, channel, properties, body.length);
  if (isCopied) at = writeBodyFrames(buffer, at, channel, frameMax, body);
  output.advance(at);
  if (!isCopied) referBody(output, channel, frameMax, body);
  return true;
}

/** The same for any method with content. */
export function writeContent(
  output: FrameOutput,
  channel: number,
  frameMax: number,
  method: ContentMethod,
  properties: BasicProperties,
  body: Buffer,
): boolean {
  const headerLength = headerFrameLength(properties);
  if (frameMax !== 0 && headerLength > frameMax) return false;
  const methodFrame = encodeMethodFrame(channel, method);
  const isCopied = body.length < BY_REFERENCE_BYTES;
  const bodyLength = isCopied ? bodyFramesLength(body.length, frameMax) : 0;
  const buffer = output.reserve(methodFrame.length + headerLength + bodyLength);
  let at = output.position + methodFrame.copy(buffer, output.position);
  at = writeHeaderFrame(buffer, at, channel, properties, body.length);
  if (isCopied) at = writeBodyFrames(buffer, at, channel, frameMax, body);
  output.advance(at);
  if (!isCopied) referBody(output, channel, frameMax, body);
  return true;
}

/** Payload of the method frame. */
function deliverSize({ consumerTag, exchange, routingKey }: OutgoingDelivery): number {
  return (
    DELIVER_FIXED_BYTES +
    shortStringLength(consumerTag) +
    shortStringLength(exchange) +
    shortStringLength(routingKey)
  );
}

function writeDeliver(
  target: Buffer,
  offset: number,
  channel: number,
  delivery: OutgoingDelivery,
  size: number,
): number {
  let at = writeFrameHead(target, offset, FrameType.Method, channel, size);
  at = target.writeUInt32BE(DELIVER_ID, at);
  at = writeShortString(target, at, delivery.consumerTag);
  at = writeUint64(target, delivery.deliveryTag, at);
  target[at] = delivery.redelivered ? 1 : 0;
  at = writeShortString(target, at + 1, delivery.exchange);
  at = writeShortString(target, at, delivery.routingKey);
  target[at] = FRAME_END;
  return at + 1;
}

/** Most payload bytes of one body frame. */
function pieceBytes(bodyBytes: number, frameMax: number): number {
  return frameMax === 0 ? bodyBytes : frameMax - FRAME_OVERHEAD_BYTES;
}

function bodyFramesLength(bodyBytes: number, frameMax: number): number {
  if (bodyBytes === 0) return 0;
  return bodyBytes + Math.ceil(bodyBytes / pieceBytes(bodyBytes, frameMax)) * FRAME_OVERHEAD_BYTES;
}

function writeBodyFrames(
  target: Buffer,
  offset: number,
  channel: number,
  frameMax: number,
  body: Buffer,
): number {
  const most = pieceBytes(body.length, frameMax);
  if (body.length <= most) return writeBodyFrame(target, offset, channel, body);
  let at = offset;
  for (let start = 0; start < body.length; start += most) {
    const size = Math.min(most, body.length - start);
    at = writeFrameHead(target, at, FrameType.Body, channel, size);
    at += body.copy(target, at, start, start + size);
    target[at++] = FRAME_END;
  }
  return at;
}

/** An empty body has no frame. */
function writeBodyFrame(target: Buffer, offset: number, channel: number, body: Buffer): number {
  if (body.length === 0) return offset;
  const at = writeFrameHead(target, offset, FrameType.Body, channel, body.length);
  target.set(body, at);
  target[at + body.length] = FRAME_END;
  return at + body.length + 1;
}

/** Only heads and ends are written; the body goes out from where it is. */
function referBody(output: FrameOutput, channel: number, frameMax: number, body: Buffer): void {
  const most = pieceBytes(body.length, frameMax);
  for (let start = 0; start < body.length; start += most) {
    const size = Math.min(most, body.length - start);
    const head = output.reserve(FRAME_HEAD_BYTES);
    output.advance(writeFrameHead(head, output.position, FrameType.Body, channel, size));
    output.reference(body.subarray(start, start + size));
    const end = output.reserve(1);
    end[output.position] = FRAME_END;
    output.advance(output.position + 1);
  }
}
