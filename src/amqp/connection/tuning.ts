import { AmqpConnectionError } from "../codec/amqp-error.ts";
import { SMALLEST_FRAME_MAX } from "../codec/frames.ts";
import { type ConnectionTune, type ConnectionTuneOk, METHOD_IDS } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { AmqpOptions } from "../ports.ts";

/** What both sides keep to. */
export interface Tuning {
  readonly channelMax: number;
  /** Bytes of a whole frame. */
  readonly frameMax: number;
  /** 0 = no heartbeats. */
  readonly heartbeatMs: number;
}

/** What is offered (AMQP 0-9-1 §1.4.2.5). */
export function toTune(options: AmqpOptions): ConnectionTune {
  const { maximumChannels, maximumFrameSize, heartbeat } = options;
  return {
    kind: "connection.tune",
    channelMax: maximumChannels,
    frameMax: maximumFrameSize,
    heartbeat,
  };
}

/** The client may ask for less than was offered, not for more; 0 would be without limit (AMQP 0-9-1 §1.4.2.6). */
export function agree(answer: ConnectionTuneOk, options: AmqpOptions): Tuning {
  const { channelMax, frameMax, heartbeat } = answer;
  refuseHigher("channel_max", channelMax, options.maximumChannels);
  refuseHigher("frame_max", frameMax, options.maximumFrameSize);
  if (frameMax < SMALLEST_FRAME_MAX) {
    throw refused(
      `negotiated frame_max = ${frameMax} is lower than the minimum allowed value (${SMALLEST_FRAME_MAX})`,
    );
  }
  return { channelMax, frameMax, heartbeatMs: heartbeat * 1000 };
}

function refuseHigher(name: string, value: number, maximum: number): void {
  if (value !== 0 && value <= maximum) return;
  const unlimited = value === 0 ? " (no limit)" : "";
  throw refused(
    `negotiated ${name} = ${value}${unlimited} is higher than the maximum allowed value (${maximum})`,
  );
}

function refused(detail: string): AmqpConnectionError {
  return new AmqpConnectionError(ReplyCode.NotAllowed, detail, METHOD_IDS["connection.tune-ok"]);
}
