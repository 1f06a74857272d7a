import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

/** More is asked for with FUZZ_SECONDS=1800; a finding names its seed for FUZZ_SEED. */
const { FUZZ_SECONDS = "4", FUZZ_SEED = "1" } = process.env;

describe("random and mutated packets", () => {
  it(
    "end in an answer, a DISCONNECT or a close, and disturb nobody else",
    async () => {
      const report = await fuzz(Number(FUZZ_SECONDS), Number(FUZZ_SEED));

      process.stdout.write(`${JSON.stringify({ ...report, findings: report.findings.length })}\n`);
      expect(report.findings).toEqual([]);
      expect(report.rounds).toBeGreaterThan(20);
      expect(report.protocolErrors).toBeGreaterThan(5);
    },
    Number(FUZZ_SECONDS) * 1000 + 60_000,
  );
});
