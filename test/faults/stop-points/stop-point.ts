/** Where `stop-at.js` ends the process. */
export type StopPoint =
  /** The batch is built and not yet handed to the database. */
  | "before-write"
  /** LevelDB's thread is writing it. */
  | "during-write"
  /** It is on disk, and nobody has been told. */
  | "after-write"
  /** Who waited for it was told; answers are in output buffers. */
  | "told"
  /** Answers may have been handed to the sockets. */
  | "answered"
  /** The same, in the writes that give back the space of a deleted queue. */
  | "before-clearing"
  | "during-clearing"
  | "after-clearing"
  | "before-open"
  | "during-open"
  | "after-open"
  /** The first write into a new folder: whose it is. */
  | "before-put"
  | "during-put"
  | "after-put"
  /** Before the n-th range is read at start. */
  | "table"
  | "before-close"
  | "during-close"
  | "after-close";

export const STOPPING_MODULE = new URL("./stop-at.js", import.meta.url);

/** The environment of a broker that is to end there. */
export function stopAt(point: StopPoint, nth = 1): NodeJS.ProcessEnv {
  return { STOP_AT: `${point}:${nth}` };
}
