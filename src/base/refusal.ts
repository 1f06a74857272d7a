import { BrokerError } from "./errors.ts";

/** Why a request about exchanges and queues was refused; a protocol gives each its own code. */
export type RefusalReason =
  /** There is no such exchange, queue or virtual host. */
  | "not-found"
  /** Somebody else's exclusive queue. */
  | "locked"
  /** It exists and is different, is in use, is not empty; an argument makes no sense. */
  | "precondition"
  /** Not allowed to anybody, or not to this user. */
  | "access"
  /** Known, but not offered here. */
  | "not-implemented"
  | "not-allowed";

/** A request about exchanges and queues that was refused and changed nothing. The message goes to the client. */
export class Refusal extends BrokerError {
  readonly code = "REFUSED";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
