import { ACK_FRAME_BYTES, writeAck, writeNack } from "../codec/acks.ts";
import type { FrameOutput } from "../codec/content-writer.ts";

/** hot: basic.ack of a publication. */
export function writeAckFrame(
  output: FrameOutput,
  channelNumber: number,
  deliveryTag: number,
  multiple: boolean,
): void {
  const buffer = output.reserve(ACK_FRAME_BYTES);
  output.advance(writeAck(buffer, output.position, channelNumber, deliveryTag, multiple));
}

/** basic.nack of a publication. */
export function writeNackFrame(output: FrameOutput, channelNumber: number, deliveryTag: number): void {
  const buffer = output.reserve(ACK_FRAME_BYTES);
  output.advance(writeNack(buffer, output.position, channelNumber, deliveryTag, false));
}
