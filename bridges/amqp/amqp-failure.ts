import { describe } from "../../src/base/errors.ts";
import { BridgeError } from "../bridge-error.ts";

const ACCESS_REFUSED = 403;

/** Reply codes that blame what was published: content too large, precondition failed, frame error, syntax error. */
const POISON_CODES: ReadonlySet<number> = new Set([311, 406, 501, 502]);

/** True when one of the records that were on their way ended the channel; the server does not say which. */
export function isPoison(failure: unknown): boolean {
  const code = replyCode(failure);
  return code !== undefined && POISON_CODES.has(code);
}

/** Any failure of a session as a BridgeError; what is not known is worth another try. */
export function toBridgeError(failure: unknown): BridgeError {
  const text = failure === undefined ? "the connection was closed" : describe(failure);
  const code = replyCode(failure);
  if (code === undefined) return new BridgeError("BRIDGE_UNREACHABLE", text, { cause: failure });
  return new BridgeError("BRIDGE_REFUSED", text, { cause: failure, retryable: code !== ACCESS_REFUSED });
}

/** amqplib puts the AMQP reply code into `code`; errors of sockets have a string there. */
function replyCode(failure: unknown): number | undefined {
  if (!(failure instanceof Error) || !("code" in failure)) return undefined;
  return typeof failure.code === "number" ? failure.code : undefined;
}
