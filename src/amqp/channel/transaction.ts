import { AmqpChannelError } from "../codec/amqp-error.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { Publication } from "../ports.ts";
import type { Budget } from "./budget.ts";
import type { HeldDelivery, Settlement } from "./held-delivery.ts";

/** A publication and whether it is to be returned when nobody gets it. */
export interface TransactedPublication {
  readonly publication: Publication;
  readonly mandatory: boolean;
}

export interface TransactedSettlement {
  readonly held: readonly HeldDelivery[];
  readonly settlement: Settlement;
}

/** What a step costs beside its message. */
const STEP_BYTES = 256;

/** What a client has said since its last commit or rollback (AMQP 0-9-1 class tx). */
export class Transaction {
  #publications: TransactedPublication[] = [];
  #settlements: TransactedSettlement[] = [];
  readonly #budget: Budget;
  /** Of the budget. */
  #bytes = 0;

  /** `budget`: of all transactions of the connection together. */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  publish(step: TransactedPublication, failing: number): void {
    const { payload, envelope } = step.publication.message;
    this.#count(payload.length + (envelope?.header.length ?? 0), failing);
    this.#publications.push(step);
  }

  settle(step: TransactedSettlement, failing: number): void {
    this.#settlements.push(step);
    this.#count(step.held.length * STEP_BYTES, failing);
  }

  /** All steps, to be done now. */
  commit(): {
    readonly publications: readonly TransactedPublication[];
    readonly settlements: readonly TransactedSettlement[];
  } {
    const steps = { publications: this.#publications, settlements: this.#settlements };
    this.#clear();
    return steps;
  }

  /** Nothing of it happens; returns what is to be settled again, under its old delivery tags. */
  rollback(): HeldDelivery[] {
    const held = this.#settlements.flatMap((step) => step.held);
    this.#clear();
    return held;
  }

  #clear(): void {
    this.#publications = [];
    this.#settlements = [];
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }

  #count(bytes: number, failing: number): void {
    if (this.#budget.take(STEP_BYTES + bytes)) {
      this.#bytes += STEP_BYTES + bytes;
      return;
    }
    const detail = `the transactions of the connection hold more than ${this.#budget.maximum} bytes`;
    throw new AmqpChannelError(ReplyCode.PreconditionFailed, detail, failing);
  }
}
