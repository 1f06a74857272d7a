import { BrokerError } from "../src/base/errors.ts";

/** The far side of a bridge failed; `retryable` false means an operator must act (bad credentials, say). */
export class BridgeError extends BrokerError {
  readonly code: "BRIDGE_UNREACHABLE" | "BRIDGE_REFUSED" | "BRIDGE_TIMEOUT" | "BRIDGE_FAILED";
  readonly retryable: boolean;

  constructor(code: BridgeError["code"], message: string, options?: ErrorOptions & { retryable?: boolean }) {
    super(message, options);
    this.code = code;
    this.retryable = options?.retryable ?? true;
  }
}
