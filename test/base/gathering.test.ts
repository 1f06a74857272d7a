import { describe, expect, it } from "vitest";
import { enlarged, roomFor } from "../../src/base/gathering.ts";

const KIB = 1024;

describe("the room for something that comes in pieces", () => {
  it("is all of it at once up to 128 KiB", () => {
    expect(roomFor(1, 100)).toBe(100);
    expect(roomFor(1, 128 * KIB)).toBe(128 * KIB);
  });

  it("is 128 KiB of something longer, then 16 times what has come, and never more than was announced", () => {
    expect(roomFor(1, 1000 * KIB)).toBe(128 * KIB);
    expect(roomFor(10 * KIB, 1000 * KIB)).toBe(160 * KIB);
    expect(roomFor(65 * KIB, 1000 * KIB)).toBe(1000 * KIB);
  });

  it("begins with what was gathered before", () => {
    const larger = enlarged(Buffer.from("abcd"), 3, 5, 10);

    expect(larger.length).toBe(10);
    expect(larger.toString("latin1", 0, 3)).toBe("abc");
  });
});
