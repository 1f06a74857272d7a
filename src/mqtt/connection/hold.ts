/** Why a connection is not read at present; several reasons may hold at once. */
export const Hold = {
  /** CONNECT or AUTH is being answered. */
  Handshake: 1,
  /** More waits to be written than memory should hold. */
  Journal: 2,
  /** More answers are owed than a client may have outstanding. */
  AnswersOwed: 4,
  /** Retained messages of many subscriptions are owed. */
  RetainedOwed: 8,
  /** It sent more messages than it may in a second. */
  MessageRate: 16,
  /** A message waits for room in an outbox. */
  OutboxFull: 32,
  /** It does not read what it is sent. */
  AnswersUnread: 64,
  /** It has had its share of this turn of the event loop. */
  ShareTaken: 128,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];
