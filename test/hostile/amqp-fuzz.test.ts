import { describe, expect, it } from "vitest";
import { fuzzAmqp } from "./amqp-fuzz.ts";

/** More is asked for with AMQP_FUZZ_ROUNDS=100000; a finding names its seed for FUZZ_SEED. */
const { AMQP_FUZZ_ROUNDS = "150", FUZZ_SEED = "1" } = process.env;
const MS_PER_ROUND = 200;

describe("random, reordered and mutated AMQP frames", () => {
  it(
    "end in an answer, a close of the channel or one of the connection, and disturb nobody else",
    async () => {
      const report = await fuzzAmqp(Number(AMQP_FUZZ_ROUNDS), Number(FUZZ_SEED));

      process.stdout.write(`${JSON.stringify({ ...report, findings: report.findings.length })}\n`);
      expect(report.findings).toEqual([]);
      expect(report.connectionErrors).toBeGreaterThan(5);
      expect(report.delivered).toBeGreaterThan(10);
      expect(report.channelErrors).toBeGreaterThan(5);
    },
    Number(AMQP_FUZZ_ROUNDS) * MS_PER_ROUND + 60_000,
  );
});
