import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdminListener } from "../../src/admin/admin-server.ts";
import { isOwnHost } from "../../src/admin/host-check.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { RecordedInspection } from "./inspections.ts";

describe("the admin API", () => {
  let inspection: RecordedInspection;
  let listener: AdminListener;
  let base: string;

  beforeEach(async () => {
    inspection = new RecordedInspection();
    const metrics = { contentType: "", render: async () => "" };
    listener = new AdminListener(
      { host: "127.0.0.1", port: 0 },
      { logger: silentLogger, health: () => [], metrics, inspection },
    );
    base = `http://127.0.0.1:${await listener.open()}/api/v1`;
  });
  afterEach(() => listener.close());

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${base}${path}`);
    return { status: response.status, body: await response.json() };
  }

  it("answers the summary, never to be cached", async () => {
    const response = await fetch(`${base}/summary`);

    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ version: "1.2.3", sessions: { total: 0 } });
  });

  it.each(["sessions", "queues", "work-queues", "retained", "bridges"])(
    "lists %s a hundred at a time",
    async (subject) => {
      inspection.answer = { rows: [{ name: "x" }], cursor: "next" };

      expect(await get(`/${subject}`)).toEqual({ status: 200, body: inspection.answer });

      expect(inspection.asked).toEqual([
        [subject, { filter: "", sort: undefined, limit: 100, cursor: undefined }],
      ]);
    },
  );

  it("hands over filter, limit and cursor, or filter, limit and sort", async () => {
    await get("/sessions?filter=a%2Fb&limit=1000&cursor=c");
    await get("/queues?filter=q&limit=1&sort=age");

    expect(inspection.asked.map(([, query]) => query)).toEqual([
      { filter: "a/b", sort: undefined, limit: 1000, cursor: "c" },
      { filter: "q", sort: "age", limit: 1, cursor: undefined },
    ]);
  });

  it.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["sort=name", "sort"],
    ["filter=a&filter=b", "filter"],
    ["sort=age&cursor=c", "cursor"],
    ["prefix=a", "prefix"],
  ])("refuses ?%s and names the parameter", async (query, name) => {
    const { status, body } = await get(`/sessions?${query}`);

    expect(status).toBe(400);
    expect(body).toEqual({ error: expect.stringContaining(`${name}: `) });
    expect(inspection.asked).toEqual([]);
  });

  it("answers 410 to a cursor that is no longer known, and 503 when others sort", async () => {
    inspection.answer = "unknown cursor";
    expect(await get("/queues?cursor=old")).toMatchObject({ status: 410 });

    inspection.answer = "busy";
    expect(await get("/queues?sort=bytes")).toMatchObject({ status: 503 });
  });

  it("changes nothing: there is no other method than GET", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect((await fetch(`${base}/sessions`, { method })).status).toBe(404);
    }
  });

  it("refuses a page that came by a name of its own, as after DNS rebinding", async () => {
    const status = await new Promise((resolve) => {
      const url = new URL(`${base}/summary`);
      request(url, { headers: { host: `evil.example:${url.port}` } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });

    expect(status).toBe(403);
  });
});

describe("the Host of a request", () => {
  it.each(["localhost", "LOCALHOST:18083", "127.0.0.1:18083", "10.1.2.3", "[::1]:18083"])(
    "may be %s on a loopback listener",
    (host) => expect(isOwnHost(host, "127.0.0.1")).toBe(true),
  );

  it.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:1", "", undefined])(
    "may not be %s there",
    (host) => expect(isOwnHost(host, "::1")).toBe(false),
  );

  it("may be any name where the listener is reached from elsewhere", () => {
    expect(isOwnHost("broker.example", "0.0.0.0")).toBe(true);
  });
});
