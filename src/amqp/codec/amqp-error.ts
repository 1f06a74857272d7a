import { BrokerError } from "../../base/errors.ts";
import {
  type ErrorReplyCode,
  type HardReplyCode,
  REPLY_CODE_NAMES,
  ReplyCode,
  type SoftReplyCode,
} from "./reply-codes.generated.ts";
import { cutShortString } from "./short-string.ts";

/** A wrong login is told with a soft code too, when the client asked for that (`authentication_failure_close`). */
export type ConnectionReplyCode = HardReplyCode | typeof ReplyCode.AccessRefused;

/** The peer broke the protocol, or asked for what it may not have: its channel or its connection ends with this code. */
export abstract class AmqpError extends BrokerError {
  readonly code = "AMQP_PROTOCOL";
  abstract readonly scope: "channel" | "connection";
  abstract readonly replyCode: ErrorReplyCode;
  /** Of the method that failed, 0 when there is none. */
  readonly classId: number;
  readonly methodId: number;

  /** `failing` is the method's entry in METHOD_IDS, 0 when there is none. */
  constructor(replyCode: ErrorReplyCode, detail: string, failing: number) {
    super(`${REPLY_CODE_NAMES[replyCode]} - ${detail}`);
    this.classId = failing >>> 16;
    this.methodId = failing & 0xffff;
  }

  /** The text as it fits into a close: 255 bytes at most. */
  get replyText(): string {
    return cutShortString(this.message);
  }
}

/** Ends one channel (AMQP 0-9-1 §1.1, soft errors). */
export class AmqpChannelError extends AmqpError {
  readonly scope = "channel";
  readonly replyCode: SoftReplyCode;

  constructor(replyCode: SoftReplyCode, detail: string, failing = 0) {
    super(replyCode, detail, failing);
    this.replyCode = replyCode;
  }
}

/** Ends the connection (AMQP 0-9-1 §1.1, hard errors). */
export class AmqpConnectionError extends AmqpError {
  readonly scope = "connection";
  readonly replyCode: ConnectionReplyCode;

  constructor(replyCode: ConnectionReplyCode, detail: string, failing = 0) {
    super(replyCode, detail, failing);
    this.replyCode = replyCode;
  }
}

/** Ends a connection that sent a method nobody knows; `id` as in METHOD_IDS. */
export function unknownMethod(id: number): AmqpConnectionError {
  const detail = `unknown method ${id >>> 16}.${id & 0xffff}`;
  return new AmqpConnectionError(ReplyCode.CommandInvalid, detail, id);
}
