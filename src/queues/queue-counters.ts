import { countUp } from "../base/count-up.ts";
/** Why a message left a queue without having been acknowledged or dead-lettered. */
export type QueueDropReason =
  | "expired"
  | "maxlen"
  | "rejected"
  | "delivery_limit"
  /** Dead-lettering would have brought it back without anybody having looked at it. */
  | "cycle"
  /** The queue it was dead-lettered to is full. */
  | "target_full"
  /** Queues in memory hold all they may. */
  | "memory";

/** What happened to a queue's messages since the process started; never reset. */
export class QueueCounters {
  /** Handed to consumers and basic.get, repeats included. */
  delivered = 0;
  redelivered = 0;
  acknowledged = 0;
  requeued = 0;
  expired = 0;
  deadLettered = 0;
  purged = 0;
  /** Publications turned away because the queue was full. */
  refused = 0;
  /** Consumers that held a message longer than the queue allows. */
  timedOut = 0;
  readonly dropped = new Map<QueueDropReason, number>();

  drop(reason: QueueDropReason): void {
    countUp(this.dropped, reason);
  }

  /** Adds what another queue counted. */
  add(other: QueueCounters): void {
    this.delivered += other.delivered;
    this.redelivered += other.redelivered;
    this.acknowledged += other.acknowledged;
    this.requeued += other.requeued;
    this.expired += other.expired;
    this.deadLettered += other.deadLettered;
    this.purged += other.purged;
    this.refused += other.refused;
    this.timedOut += other.timedOut;
    for (const [reason, count] of other.dropped) {
      countUp(this.dropped, reason, count);
    }
  }
}
