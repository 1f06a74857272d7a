import { describe, expect, it } from "vitest";
import { murmur2, placeOf } from "../../bridges/murmur2.ts";

describe("murmur2", () => {
  it.each([
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ])("gives %s the value Kafka's Java client gives it", (key, value) => {
    expect(murmur2(Buffer.from(key))).toBe(value);
  });

  it("names a place within the count, for negative values too", () => {
    expect(placeOf("foobar", 4)).toBe((-790332482 & 0x7fffffff) % 4);
    expect(placeOf("", 1)).toBe(0);
  });
});
