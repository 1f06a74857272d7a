import kafkajs from "kafkajs";
import { describe } from "../../src/base/errors.ts";
import { BridgeError } from "../bridge-error.ts";

// Node finds only some names of this CommonJS package for a named import; the error classes are not among them.
const { KafkaJSError, KafkaJSProtocolError, KafkaJSSASLAuthenticationError } = kafkajs;

/** Error codes of the Kafka protocol that say "one of these records, or its topic, can never be taken". */
const POISON_CODES: ReadonlySet<number> = new Set([
  10, // MESSAGE_TOO_LARGE
  17, // INVALID_TOPIC_EXCEPTION
  18, // RECORD_LIST_TOO_LARGE
  32, // INVALID_TIMESTAMP
]);

/** Error codes that only an operator can change: no permission, wrong credentials. */
const REFUSAL_CODES: ReadonlySet<number> = new Set([29, 31, 33, 34, 58]);

/** True when a part of the batch is poison; Kafka does not say which. */
export function isPoison(error: unknown): boolean {
  const code = protocolCode(error);
  return code !== undefined && POISON_CODES.has(code);
}

/** Any failure of kafkajs as a BridgeError; what is not known is worth another try. */
export function toBridgeError(error: unknown): BridgeError {
  const code = protocolCode(error);
  const isRefusal =
    (code !== undefined && REFUSAL_CODES.has(code)) || chain(error).some(isAuthenticationError);
  if (isRefusal) {
    return new BridgeError("BRIDGE_REFUSED", describe(error), { cause: error, retryable: false });
  }
  return new BridgeError("BRIDGE_FAILED", describe(error), { cause: error });
}

/** True for what kafkajs throws, as opposed to a bug of ours. */
export function isKafkajsError(error: unknown): boolean {
  return error instanceof KafkaJSError;
}

function isAuthenticationError(error: unknown): boolean {
  return error instanceof KafkaJSSASLAuthenticationError;
}

function protocolCode(error: unknown): number | undefined {
  for (const link of chain(error)) {
    if (link instanceof KafkaJSProtocolError) return link.code;
  }
  return undefined;
}

/** kafkajs wraps the error of the last attempt, some layers deep. */
function chain(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link instanceof Error && links.length < 10; link = link.cause) links.push(link);
  return links;
}
