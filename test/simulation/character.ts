import type { QoS } from "../../src/base/qos.ts";
import { NEVER_EXPIRES } from "../../src/base/session-expiry.ts";
import type { Random } from "./random.ts";

/** Session queues of this length go without messages. */
export const MISSING_MESSAGES = 3;

/** What the scheduler may do next. */
export type Action =
  | "connect"
  | "disconnect"
  | "hang up"
  | "lose"
  | "publish"
  | "subscribe"
  | "unsubscribe"
  | "hold answers"
  | "answer"
  | "to broker"
  | "to client"
  | "flow"
  | "admit"
  | "read"
  | "commit"
  | "fail commit"
  | "fail read"
  | "task"
  | "time"
  | "crash";

export interface Home {
  readonly topicFilter: string;
  readonly qos: QoS;
}

/** What one run is like: every run prefers other things, so that rare combinations come up somewhere. */
export interface Character {
  readonly versions: readonly (4 | 5)[];
  /** By client: what it subscribes to whenever its session is a new one. */
  readonly homes: readonly (Home | undefined)[];
  /** Everybody connects and subscribes before the first step. */
  readonly startsConnected: boolean;
  readonly hasLog: boolean;
  readonly steps: number;
  /** How often the broker is left with work to do after a step. */
  readonly laziness: number;
  /** How often it takes long to say who a client is. */
  readonly slowAdmission: number;
  /** How often writes and reads end before the next step. */
  readonly promptness: number;
  /** How often everything under way arrives after a step. */
  readonly flow: number;
  readonly weights: Readonly<Record<Action, number>>;
  readonly options: {
    readonly receiveMaximum: number;
    readonly maximumInflight: number;
    readonly maximumQueuedMessages: number;
    readonly whenFull: "dropNewest" | "dropOldest";
    /** Seconds. */
    readonly sessionExpiryMaximum: number;
  };
  /** Seconds. */
  readonly expiries: readonly number[];
}

export function characterOf(random: Random): Character {
  const some = (most: number): number => (random.chance(0.2) ? 0 : 1 + random.below(most));
  const versions = Array.from({ length: 2 + random.below(3) }, () => (random.chance(0.35) ? 4 : 5));
  return {
    versions,
    homes: versions.map(() => (random.chance(0.6) ? homeOf(random) : undefined)),
    startsConnected: random.chance(0.7),
    hasLog: random.chance(0.75),
    steps: 30 + random.below(50),
    laziness: random.pick([0, 0.1, 0.5]),
    slowAdmission: random.pick([0, 0, 0.5]),
    promptness: random.pick([0.2, 0.7, 1]),
    flow: random.pick([0.05, 0.3, 0.7]),
    weights: {
      connect: random.pick([2, 5, 9]),
      disconnect: some(3),
      "hang up": some(4),
      lose: some(4),
      publish: 6 + random.below(8),
      subscribe: 3 + random.below(4),
      unsubscribe: some(2),
      "hold answers": some(3),
      answer: 2,
      "to broker": 8,
      "to client": 8,
      flow: some(6),
      admit: 4,
      read: 4,
      commit: 4,
      "fail commit": some(2),
      "fail read": some(2),
      task: some(4),
      time: some(6),
      crash: some(3),
    },
    options: {
      receiveMaximum: random.pick([1024, 1024, 3, 1]),
      maximumInflight: random.pick([1024, 1024, 2, 1]),
      maximumQueuedMessages: random.pick([1000, 1000, 1000, MISSING_MESSAGES]),
      whenFull: random.pick(["dropNewest", "dropOldest"]),
      sessionExpiryMaximum: random.pick([604_800, NEVER_EXPIRES, 30]),
    },
    expiries: random.pick([[0, 4, 60, 3600], [3600], [0, 3600], [2, 5], [0, NEVER_EXPIRES]]),
  };
}

function homeOf(random: Random): Home {
  return { topicFilter: random.pick(["t", "t/#", "+", "#"]), qos: random.pick([0, 1, 1, 2, 2, 2]) };
}
