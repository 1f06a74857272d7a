import { describe, it } from "vitest";

/** A suite that needs something of the machine: skipped with one line without it, a failure with REQUIRE_SERVICES=1. */
export function describeWith(
  { what, isThere }: { readonly what: string; readonly isThere: boolean },
  title: string,
  body: () => void,
): void {
  if (isThere) {
    describe(title, body);
    return;
  }
  const { REQUIRE_SERVICES } = process.env;
  if (REQUIRE_SERVICES === "1") {
    describe(title, () => {
      it(`needs ${what}`, () => {
        throw new Error(`${what} is not there`);
      });
    });
    return;
  }
  process.stderr.write(`${title}: skipped: ${what} is not there\n`);
  describe.skip(`${title}: ${what} is not there`, body);
}
