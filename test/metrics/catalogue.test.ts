import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CATALOGUE, type MetricDefinition } from "../../src/metrics/catalogue.ts";
import { Metrics } from "../../src/metrics/prometheus.ts";
import { aBridge, someSources } from "./sources.ts";

const DEFINITIONS = Object.entries<MetricDefinition>(CATALOGUE);
const DOCUMENT = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

/** Names and types as a scraper sees them. */
async function rendered(): Promise<Map<string, string>> {
  const text = await new Metrics(someSources({ bridges: () => [aBridge()] })).render();
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
}

describe("metric catalogue", () => {
  it("is what a scrape shows, in both directions", async () => {
    const ours = [...(await rendered())].filter(([name]) => name.startsWith("causeway_"));

    const declared = DEFINITIONS.map(([name, { type }]) => [name, type]);
    expect(ours.sort()).toEqual(declared.sort());
  });

  it("is what docs/metrics.md says, line by line", () => {
    const rows = DEFINITIONS.map(
      ([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`,
    );

    const documented = DOCUMENT.split("\n").filter((line) => line.startsWith("| `causeway_"));
    expect(documented.sort()).toEqual(rows.sort());
  });

  // The set depends on the system: what docs/metrics.md lists is what Linux has.
  it.runIf(process.platform === "linux")(
    "documents the process' own metrics, in both directions",
    async () => {
      const scraped = [...(await rendered()).keys()].filter((name) => !name.startsWith("causeway_"));

      const documented = [...DOCUMENT.matchAll(/^\| `((?:process|nodejs)_\w+)`/gm)].map(([, name]) => name!);
      expect(documented.sort()).toEqual(scraped.sort());
    },
  );

  it("follows Prometheus' naming: counters and only counters end in _total, units are spelt at the end", async () => {
    for (const [name, type] of await rendered()) {
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      expect(name).toMatch(/^[a-z][a-z0-9_]*[a-z0-9]$/);
      expect(name).not.toMatch(
        /_(count|sum|bucket|counter|gauge|histogram|ms|milliseconds|kb|kilobytes)(_|$)/,
      );
    }
    for (const [name, { unit }] of DEFINITIONS) {
      if (unit !== "") expect(name).toMatch(new RegExp(`_${unit}(_total)?$`));
    }
  });

  it("has labels of bounded sets only", () => {
    const labels = new Set(DEFINITIONS.flatMap(([, definition]) => definition.labels));

    const bounded = [
      "version",
      "node",
      "transport",
      "protocol_version",
      "limit",
      "qos",
      "reason",
      "state",
      "bridge",
      "durability",
      "virtual_host",
      "queue",
      "scope",
    ];
    expect([...labels].sort()).toEqual(bounded.sort());
  });
});
