import { Refusal, type RefusalReason } from "../../base/refusal.ts";
import { AmqpChannelError, AmqpConnectionError, AmqpError } from "../codec/amqp-error.ts";
import { ReplyCode, type SoftReplyCode } from "../codec/reply-codes.generated.ts";

/** Reasons that end only the channel. */
const SOFT: { readonly [R in RefusalReason]?: SoftReplyCode } = {
  "not-found": ReplyCode.NotFound,
  locked: ReplyCode.ResourceLocked,
  precondition: ReplyCode.PreconditionFailed,
  access: ReplyCode.AccessRefused,
};

/** How a failure is told to the client; `failing` is the method at hand. Undefined: a bug of ours. */
export function toAmqpError(error: unknown, failing: number): AmqpError | undefined {
  if (error instanceof AmqpError) return error;
  if (!(error instanceof Refusal)) return undefined;
  const soft = SOFT[error.reason];
  if (soft !== undefined) return new AmqpChannelError(soft, error.message, failing);
  const hard = error.reason === "not-implemented" ? ReplyCode.NotImplemented : ReplyCode.NotAllowed;
  return new AmqpConnectionError(hard, error.message, failing);
}
