import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readUint64, writeUint64 } from "../../src/base/uint64.ts";

describe("a number of 64 bits", () => {
  it("is written as Node writes it, and read back", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 3 }), (value, at) => {
        const bytes = Buffer.alloc(12);

        expect(writeUint64(bytes, value, at)).toBe(at + 8);
        expect(bytes.readBigUInt64BE(at)).toBe(BigInt(value));
        expect(readUint64(bytes, at)).toBe(value);
      }),
    );
  });
});
