/** One numbered statement of a standard, in our own words. */
export interface Statement {
  readonly id: string;
  /** Whom it binds. */
  readonly concerns: "server" | "client" | "both";
  readonly meaning: string;
  /** Why a server has nothing to do or to test for it. */
  readonly notApplicable: string | undefined;
}

/** A statement as the tables hold it. */
export type Row = readonly [
  id: string,
  concerns: Statement["concerns"],
  meaning: string,
  notApplicable?: string,
];

export function toStatement([id, concerns, meaning, notApplicable]: Row): Statement {
  return { id, concerns, meaning, notApplicable };
}

/** Reasons that several statements share. */
export const CLIENT_ONLY = "only a client can do or omit it, and no answer of the server depends on it";
export const NO_PROPERTIES = "the broker writes neither Reason String nor User Property into this packet";
export const NO_USER_PROPERTIES = "the broker writes no User Property into this packet";
export const NO_SHARED_QOS_2 =
  "shared subscriptions are granted QoS 1 at most, so that another can get what one left";
