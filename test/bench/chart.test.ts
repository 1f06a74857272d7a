import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const HERE = new URL(".", import.meta.url);

/** What one of the benchmark's scripts prints. */
async function printed(script: string, ...args: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL(script, HERE));
  return (await run(process.execPath, [file, ...args])).stdout;
}

function document(name: string): Promise<string> {
  return readFile(new URL(`../../docs/${name}`, HERE), "utf8");
}

describe("the benchmark's documents", () => {
  it("show in the picture what docs/benchmarks.json holds", async () => {
    const made = await printed("chart.js", "--print");

    expect(made).toBe(await document("benchmarks.svg"));
    expect(made).toContain('<rect class="bar"');
  });

  it("show in docs/performance.md what docs/benchmarks.json holds", async () => {
    const made = await printed("report.js");

    expect(await document("performance.md")).toContain(made);
  });

  it("are made from scenarios that exist, with figures that have a name", async () => {
    const { scenarios } = JSON.parse(await document("benchmarks.json"));
    const listed = await printed("bench.js", "all", "--ten-million", "--list");

    for (const { name } of scenarios) expect(listed).toContain(`${name}: `);
    expect(scenarios.length).toBeGreaterThan(0);
  });
});
