import { describe, expect, it } from "vitest";
import { isPoison, toBridgeError } from "../../../bridges/amqp/amqp-failure.ts";

function failure(code: number | string): Error {
  return Object.assign(new Error(`failed with ${code}`), { code });
}

describe("AMQP failures", () => {
  it.each([311, 406, 501, 502])("take reply code %i for poison", (code) => {
    expect(isPoison(failure(code))).toBe(true);
  });

  it.each([404, 320, 541, "ECONNREFUSED"])("take %s for worth another try", (code) => {
    expect(isPoison(failure(code))).toBe(false);
    expect(toBridgeError(failure(code)).retryable).toBe(true);
  });

  it("take a refused access for an operator's work", () => {
    expect(toBridgeError(failure(403))).toMatchObject({ code: "BRIDGE_REFUSED", retryable: false });
  });

  it("have a text even when the connection just closed", () => {
    expect(toBridgeError(undefined)).toMatchObject({
      code: "BRIDGE_UNREACHABLE",
      message: "the connection was closed",
    });
  });
});
