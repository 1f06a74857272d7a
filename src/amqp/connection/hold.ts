/** Why a connection is not read at present; several reasons may hold at once. */
export const Hold = {
  /** A login is being checked. */
  Handshake: 1,
  /** More waits to be written to disk than memory should hold. */
  Journal: 2,
  /** More answers are owed than a client may have outstanding. */
  AnswersOwed: 4,
  /** More publications are unconfirmed than a client may have outstanding. */
  Unconfirmed: 8,
  /** It does not read what it is sent. */
  AnswersUnread: 16,
  /** The broker is out of some resource. */
  Alarm: 32,
  /** Its frames have kept the broker busy for long enough. */
  OthersFirst: 64,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];
