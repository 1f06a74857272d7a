import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AmqpChannelError, AmqpConnectionError } from "../../../src/amqp/codec/amqp-error.ts";
import { METHOD_IDS } from "../../../src/amqp/codec/methods.generated.ts";
import { REPLY_CODE_NAMES, ReplyCode } from "../../../src/amqp/codec/reply-codes.generated.ts";
import { cutShortString } from "../../../src/amqp/codec/short-string.ts";

describe("AMQP errors", () => {
  it("tell code, name and detail, and the method that failed", () => {
    const error = new AmqpChannelError(
      ReplyCode.NotFound,
      "no queue 'q' in vhost '/'",
      METHOD_IDS["queue.declare"],
    );

    expect(error).toMatchObject({
      code: "AMQP_PROTOCOL",
      name: "AmqpChannelError",
      scope: "channel",
      replyCode: 404,
      replyText: "NOT_FOUND - no queue 'q' in vhost '/'",
      classId: 50,
      methodId: 10,
    });
  });

  it("name no method when none failed", () => {
    const error = new AmqpConnectionError(ReplyCode.ConnectionForced, "bye");

    expect(error).toMatchObject({ scope: "connection", replyCode: 320, classId: 0, methodId: 0 });
  });

  it("cut the text to what a short string holds, between characters, and keep the message whole", () => {
    const error = new AmqpChannelError(ReplyCode.NotFound, "ü".repeat(300));

    expect(Buffer.byteLength(error.replyText)).toBe(254);
    expect(error.replyText.endsWith("ü")).toBe(true);
    expect(error.message).toHaveLength(300 + "NOT_FOUND - ".length);
  });

  it("have a name for every reply code", () => {
    expect(Object.values(ReplyCode).filter((code) => REPLY_CODE_NAMES[code] === undefined)).toEqual([]);
    expect(REPLY_CODE_NAMES[ReplyCode.PreconditionFailed]).toBe("PRECONDITION_FAILED");
  });
});

describe("a text cut to a short string", () => {
  it("has at most 255 bytes, and lacks at most one character for that", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 50, maxLength: 400 }), (text) => {
        const cut = cutShortString(text);

        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(255);
        if (cut !== text) expect(Buffer.byteLength(cut)).toBeGreaterThan(251);
      }),
    );
  });
});
