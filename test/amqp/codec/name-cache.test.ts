import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeMethodFrame } from "../../../src/amqp/codec/frames.ts";
import { NameCache } from "../../../src/amqp/codec/name-cache.ts";
import { readMethod } from "../../../src/amqp/codec/read-method.ts";
import { methodsOf } from "./arbitrary-methods.ts";
import { amqpErrorOf, hex } from "./collecting.ts";

describe("names read through the cache", () => {
  it("are the bytes' text, whatever was read before", () => {
    const names = new NameCache();
    const few = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 4 });
    const any = fc.string({ unit: "grapheme-ascii", maxLength: 255 });
    fc.assert(
      fc.property(fc.array(fc.oneof(few, any)), (texts) => {
        const read = texts.map((text) => names.ascii(Buffer.from(`<${text}>`), 1, 1 + text.length));

        expect(read).toEqual(texts);
      }),
    );
  });

  it("are left to others when they are not ASCII", () => {
    expect(new NameCache().ascii(Buffer.from("aü"), 0, 3)).toBeUndefined();
  });

  it("take the place of others with the same slot", () => {
    const names = new NameCache();
    const texts = Array.from({ length: 3000 }, (_, i) => `key-${i}`);

    const read = [...texts, ...texts].map((text) => names.ascii(Buffer.from(text), 0, text.length));

    expect(read).toEqual([...texts, ...texts]);
  });
});

describe("basic.publish read through the cache", () => {
  const names = new NameCache();

  it("is the method it is without, text of any kind included", () => {
    fc.assert(
      fc.property(methodsOf("basic.publish"), (publish) => {
        const frame = encodeMethodFrame(1, publish);

        expect(readMethod(frame, 7, frame.length - 1, names)).toEqual(publish);
      }),
    );
  });

  it("fails as it does without", () => {
    for (const bytes of [
      "003c0028",
      "003c0028 0000 01",
      "003c0028 0000 00 05 61 00",
      "003c0028 0000 00 00 00 00",
    ]) {
      const payload = hex(bytes);

      expect(amqpErrorOf(() => readMethod(payload, 0, payload.length, names))).toMatchObject({
        replyCode: 501,
        classId: 60,
        methodId: 40,
      });
    }
  });

  it("does not read beyond its payload", () => {
    const payload = hex("003c0028 0000 00 01 61 00");

    expect(amqpErrorOf(() => readMethod(payload, 0, payload.length - 1, names))).toMatchObject({
      replyCode: 501,
    });
  });
});
