import { describe, expect, it } from "vitest";
import type { Inspection, Page, Query, Rows, Subject } from "../../src/base/inspection.ts";
import { type InspectRequest, inspect } from "../../src/cli/inspect/inspect-command.ts";
import { nothingToSee, RecordedInspection } from "../admin/inspections.ts";

const REQUEST: InspectRequest = { subject: "queues", filter: "", sort: undefined, limit: 100, isJson: false };

/** Queues named 0, 1, 2, …, as many as there are. */
class Numbered implements Inspection {
  readonly limits: number[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  readonly summary = nothingToSee.summary;

  async list<S extends Subject>(_subject: S, { limit, cursor = "0" }: Query): Promise<Page<Rows[S]>> {
    this.limits.push(limit);
    const from = Number(cursor);
    const to = Math.min(from + limit, this.#count);
    const rows = Array.from({ length: to - from }, (_, i) => ({
      name: String(from + i),
      messages: 3,
      bytes: 2048,
      oldestMs: 61_000,
      consumers: null,
    }));
    return { rows: rows as never, cursor: to < this.#count ? String(to) : null };
  }
}

async function printed(request: Partial<InspectRequest>, inspection: Inspection): Promise<string[]> {
  const lines: string[] = [];
  await inspect({ ...REQUEST, ...request }, inspection, (line) => lines.push(line));
  return lines;
}

describe("inspect", () => {
  it("shows a table with units, and says when there is more", async () => {
    expect(await printed({ limit: 2 }, new Numbered(3))).toEqual([
      [
        "NAME  MESSAGES    BYTES  OLDEST  CONSUMERS",
        "0            3  2.0 KiB    1m1s          -",
        "1            3  2.0 KiB    1m1s          -",
      ].join("\n"),
      "… and more: --limit shows how many, --filter which",
    ]);
  });

  it("says so when there is nothing", async () => {
    expect(await printed({}, new Numbered(0))).toEqual(["no queues"]);
  });

  it("asks for as many pages as the limit needs, and prints JSON lines as they come", async () => {
    const inspection = new Numbered(3000);

    const lines = await printed({ limit: 2500, isJson: true }, inspection);

    expect(inspection.limits).toEqual([1000, 1000, 500]);
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(
      Array.from({ length: 2500 }, (_, i) => String(i)),
    );
  });

  it("shows the summary without a subject, as text or as JSON", async () => {
    const [text] = await printed({ subject: undefined }, nothingToSee);
    const [json] = await printed({ subject: undefined, isJson: true }, nothingToSee);

    expect(text).toContain("broker         running, version 1.2.3\nhealth         ok\n");
    expect(JSON.parse(json ?? "")).toEqual(await nothingToSee.summary());
  });

  it.each(["busy", "unknown cursor"])("says what to do when the broker answers %s", async (answer) => {
    const inspection = new RecordedInspection();
    inspection.answer = answer;

    await expect(printed({}, inspection)).rejects.toMatchObject({ code: "ADMIN_UNREACHABLE" });
  });

  it("escapes what clients named, in every subject", async () => {
    const inspection = new RecordedInspection();
    const evil = "\u001b]0;x\u0007";
    const common = {
      messages: 0,
      bytes: 0,
      oldestMs: null,
      consumers: 0,
      qos: 0,
      ageMs: 0,
      expiresInMs: null,
    };
    const row = {
      clientId: evil,
      user: evil,
      name: evil,
      topicName: evil,
      publisherId: evil,
      lastError: evil,
    };
    inspection.answer = {
      rows: [
        {
          ...common,
          ...row,
          will: { topicName: evil },
          state: "connected",
          lagMs: 0,
          delivered: 0,
          dropped: {},
        },
      ],
      cursor: null,
    };
    for (const subject of ["sessions", "queues", "retained", "bridges"] as const) {
      const [table] = await printed({ subject }, inspection);

      expect(table).toContain("\\u{1b}");
      expect(table).not.toContain("\u001b");
    }
  });
});
