import { describe, expect, it } from "vitest";
import { reportAedes, reportExport, reportStore } from "../../src/cli/reports.ts";

describe("reports", () => {
  it("of a sound store are one line", () => {
    const report = { isHealthy: true, records: 12, findings: [], lost: [], savedTo: undefined };

    expect(reportStore("data", report)).toBe("data: 12 records, sound");
  });

  it("of a damaged store name what was found, what would be lost, and what to do", () => {
    const report = { isHealthy: false, records: 12, findings: ["a"], lost: ["b", "c"], savedTo: undefined };

    expect(reportStore("data", report)).toBe(
      "data: 12 records, damaged\nfound:\n  a\nlost:\n  b\n  c\nto mend it: causeway doctor --repair",
    );
  });

  it("of a repair name where the damaged files are", () => {
    const report = { isHealthy: true, records: 11, findings: ["a"], lost: [], savedTo: "data/store.damaged" };

    expect(reportStore("data", report)).toBe(
      "data: 11 records, sound\nfound:\n  a\nthe damaged files are in data/store.damaged",
    );
  });

  it("of an export name what was left out", () => {
    expect(reportExport("data", { records: 3, damaged: ["x"] })).toBe(
      "data: 3 records exported\ndamaged, left out:\n  x",
    );
  });

  it("of a move from Aedes count everything, and warn of sessions that nobody may resume", () => {
    const counts = new Map([
      ["session", 2],
      ["message", 7],
    ]);

    expect(reportAedes("data", { counts, sessionsWithoutUser: 1, skipped: ["s"], skippedCount: 1 })).toBe(
      [
        "data: 2 sessions, 0 subscriptions, 7 queued messages, 0 unreleased QoS 2 ids, 0 retained messages",
        "1 sessions have no user: who logs in with a name cannot resume them (--users)",
        "left out, 1:",
        "  s",
      ].join("\n"),
    );
  });
});
