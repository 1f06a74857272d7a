import { describe, it } from "vitest";

interface Need {
  readonly what: string;
  readonly isThere: boolean;
  /** A right, which nobody can install. */
  readonly isRight?: boolean;
}

/** A suite that needs something of the machine: skipped with one line without it; REQUIRE_SERVICES=1 insists on programs. */
export function describeWith(
  { what, isThere, isRight = false }: Need,
  title: string,
  body: () => void,
): void {
  if (isThere) {
    describe(title, body);
    return;
  }
  const { REQUIRE_SERVICES } = process.env;
  if (REQUIRE_SERVICES === "1" && !isRight) {
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
