// Written by specification/generate.js (npm run generate:amqp) from amqp-rabbitmq-0.9.1.json; do not edit.

/** What went wrong, in a close or a return (AMQP 0-9-1 §1.1). */
export const ReplyCode = {
  ContentTooLarge: 311,
  NoRoute: 312,
  NoConsumers: 313,
  AccessRefused: 403,
  NotFound: 404,
  ResourceLocked: 405,
  PreconditionFailed: 406,
  ConnectionForced: 320,
  InvalidPath: 402,
  FrameError: 501,
  SyntaxError: 502,
  CommandInvalid: 503,
  ChannelError: 504,
  UnexpectedFrame: 505,
  ResourceError: 506,
  NotAllowed: 530,
  NotImplemented: 540,
  InternalError: 541,
} as const;

/** Ends the channel. */
export type SoftReplyCode =
  | typeof ReplyCode.ContentTooLarge
  | typeof ReplyCode.NoRoute
  | typeof ReplyCode.NoConsumers
  | typeof ReplyCode.AccessRefused
  | typeof ReplyCode.NotFound
  | typeof ReplyCode.ResourceLocked
  | typeof ReplyCode.PreconditionFailed;

/** Ends the connection. */
export type HardReplyCode =
  | typeof ReplyCode.ConnectionForced
  | typeof ReplyCode.InvalidPath
  | typeof ReplyCode.FrameError
  | typeof ReplyCode.SyntaxError
  | typeof ReplyCode.CommandInvalid
  | typeof ReplyCode.ChannelError
  | typeof ReplyCode.UnexpectedFrame
  | typeof ReplyCode.ResourceError
  | typeof ReplyCode.NotAllowed
  | typeof ReplyCode.NotImplemented
  | typeof ReplyCode.InternalError;

/** Any reply code that says of an error. */
export type ErrorReplyCode = SoftReplyCode | HardReplyCode;

/** Names as they begin a reply text. */
export const REPLY_CODE_NAMES: Readonly<Record<ErrorReplyCode, string>> = {
  311: "CONTENT_TOO_LARGE",
  312: "NO_ROUTE",
  313: "NO_CONSUMERS",
  403: "ACCESS_REFUSED",
  404: "NOT_FOUND",
  405: "RESOURCE_LOCKED",
  406: "PRECONDITION_FAILED",
  320: "CONNECTION_FORCED",
  402: "INVALID_PATH",
  501: "FRAME_ERROR",
  502: "SYNTAX_ERROR",
  503: "COMMAND_INVALID",
  504: "CHANNEL_ERROR",
  505: "UNEXPECTED_FRAME",
  506: "RESOURCE_ERROR",
  530: "NOT_ALLOWED",
  540: "NOT_IMPLEMENTED",
  541: "INTERNAL_ERROR",
};
