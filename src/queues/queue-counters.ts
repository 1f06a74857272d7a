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
  readonly dropped = new Map<QueueDropReason, number>();

  drop(reason: QueueDropReason): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }
}
