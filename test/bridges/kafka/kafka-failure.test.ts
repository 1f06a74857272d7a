import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { isKafkajsError, isPoison, toBridgeError } from "../../../bridges/kafka/kafka-failure.ts";

/** An error of the protocol as kafkajs hands it out, wrapped by its retries. */
function protocolError(code: number): Error {
  const inner = new kafkajs.KafkaJSProtocolError(
    Object.assign(new Error(`code ${code}`), { code, type: "ANY" }),
  );
  return construct(kafkajs.KafkaJSNonRetriableError, "gave up", { cause: inner });
}

describe("Kafka failures", () => {
  it.each([10, 17, 18, 32])("take code %i for poison, also inside the wrapping of kafkajs", (code) => {
    expect(isPoison(protocolError(code))).toBe(true);
  });

  it.each([3, 5, 6, 7, 19, 45, -1])("take code %i for worth another try", (code) => {
    expect(isPoison(protocolError(code))).toBe(false);
    expect(toBridgeError(protocolError(code))).toMatchObject({ code: "BRIDGE_FAILED", retryable: true });
  });

  it.each([29, 31, 33, 34, 58])("take code %i for an operator's work", (code) => {
    expect(toBridgeError(protocolError(code))).toMatchObject({ code: "BRIDGE_REFUSED", retryable: false });
  });

  it("take a failed login for an operator's work, and anything unknown for worth another try", () => {
    const login = construct(kafkajs.KafkaJSSASLAuthenticationError, "bad password");

    expect(toBridgeError(login)).toMatchObject({ code: "BRIDGE_REFUSED", retryable: false });
    expect(toBridgeError(new RangeError("odd"))).toMatchObject({ code: "BRIDGE_FAILED", retryable: true });
    expect(isPoison(undefined)).toBe(false);
  });

  it("tell what kafkajs throws from bugs of ours", () => {
    expect(isKafkajsError(new kafkajs.KafkaJSConnectionError("gone"))).toBe(true);
    expect(isKafkajsError(new TypeError("bug"))).toBe(false);
  });
});

/** The types of kafkajs leave out the second argument of its constructors. */
function construct(type: abstract new (...none: never[]) => Error, ...given: unknown[]): Error {
  return Reflect.construct(type, given) as Error;
}
