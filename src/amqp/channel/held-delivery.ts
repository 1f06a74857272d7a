import type { QueueDelivery } from "../ports.ts";

/** A consumer as what it holds knows it. */
export interface Holder {
  /** Deliveries its client holds. */
  heldCount: number;
}

/** A delivery in the client's hands. */
export interface HeldDelivery {
  readonly deliveryTag: number;
  readonly delivery: QueueDelivery;
  /** Undefined: basic.get. */
  readonly consumer: Holder | undefined;
}

/** How a held delivery ends. */
export type Settlement = "acknowledge" | "requeue" | "reject";
