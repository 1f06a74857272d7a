import { describe, expect, it } from "vitest";
import { formatAge, formatBytes, printable } from "../../src/cli/quantities.ts";

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [150 * 1024, "150 KiB"],
    [1024 ** 2, "1.0 MiB"],
    [268_435_456, "256 MiB"],
    [10 * 1024 ** 3, "10.0 GiB"],
    [5 * 1024 ** 6, "5120 PiB"],
  ])("%i are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("an age", () => {
  it.each([
    [0, "0s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [3_599_000, "59m59s"],
    [11_520_000, "3h12m"],
    [86_400_000, "1d"],
    [45.25 * 86_400_000, "45d6h"],
  ])("of %i ms is %s", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});

it("names are shown without what would act on the terminal", () => {
  expect(printable("a\u001b[31m\nü\u202e")).toBe("a\\u{1b}[31m\\u{a}ü\\u{202e}");
});
