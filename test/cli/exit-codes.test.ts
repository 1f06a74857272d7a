import { describe, expect, it } from "vitest";
import { ConfigError, InvariantError, ListenError, StorageError } from "../../src/base/errors.ts";
import { exitCodeOf, textOf } from "../../src/cli/exit-codes.ts";

describe("exit code", () => {
  it.each([
    [new ConfigError("x"), 78],
    [new StorageError("STORAGE_LOCKED", "x"), 73],
    [new ListenError("x"), 69],
    [new InvariantError("x"), 70],
    [new TypeError("x"), 70],
    ["thrown text", 70],
  ])("of %s is %i", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe("text of a fatal error", () => {
  it("is one line for what an operator can mend, and the stack for a bug", () => {
    expect(textOf(new ConfigError("broker.yaml:1: no"))).toBe("broker.yaml:1: no");
    expect(textOf(new InvariantError("impossible"))).toMatch(/impossible\n\s+at /);
  });
});
