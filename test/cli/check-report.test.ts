import { expect, it } from "vitest";
import { reportCheck } from "../../src/cli/check-report.ts";

it("says ok and lists listeners and bridges", () => {
  const report = reportCheck("config/broker.yaml", {
    listeners: [
      { type: "tcp", bind: { host: "127.0.0.1", port: 1883 } },
      { type: "ws", bind: { host: "::1", port: 8083 } },
    ],
    bridges: [{ name: "lake", type: "kafka", forward: [{}] }],
  });

  expect(report.split("\n")).toEqual([
    "config/broker.yaml: ok",
    "  listener tcp 127.0.0.1:1883",
    "  listener ws [::1]:8083",
    "  bridge lake (kafka), mappings: 1",
  ]);
});
