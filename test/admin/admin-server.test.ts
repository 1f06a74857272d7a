import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdminListener } from "../../src/admin/admin-server.ts";
import { ListenError } from "../../src/base/errors.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { nothingToSee } from "./inspections.ts";

describe("admin listener", () => {
  let reasons: string[];
  let render: () => Promise<string>;
  let logged: string[];
  let listener: AdminListener;
  let port: number;
  let base: string;

  beforeEach(async () => {
    reasons = [];
    logged = [];
    render = async () => "causeway_healthy 1\n";
    const logger: Logger = { ...silentLogger, error: (_fields, message) => logged.push(message) };
    const metrics = { contentType: "text/plain; version=0.0.4; charset=utf-8", render: () => render() };
    listener = new AdminListener(
      { host: "127.0.0.1", port: 0 },
      { logger, health: () => reasons, metrics, inspection: nothingToSee },
    );
    port = await listener.open();
    base = `http://127.0.0.1:${port}`;
  });

  afterEach(() => listener.close());

  it("names the address really bound", () => {
    expect(listener.description).toBe(`admin 127.0.0.1:${port}`);
  });

  it("answers /health with 200 while nothing is wrong", async () => {
    const response = await fetch(`${base}/health`);

    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ status: "ok" });
  });

  it("answers /health with 503 and the reasons otherwise", async () => {
    reasons = ["the store cannot be written: no space left on device"];

    const response = await fetch(`${base}/health`);

    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "unavailable", reasons });
  });

  it("has written the metrics once when it opens: the first time is slow, and nobody waits yet", async () => {
    let written = 0;
    const metrics = { contentType: "text/plain", render: async () => String(++written) };
    const ports = { logger: silentLogger, health: () => [], metrics, inspection: nothingToSee };
    const other = new AdminListener({ host: "127.0.0.1", port: 0 }, ports);
    const before = written;

    await other.open();
    await other.close();

    expect([before, written]).toEqual([0, 1]);
  });

  it("serves the metrics with their content type", async () => {
    const response = await fetch(`${base}/metrics`);

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toBe("causeway_healthy 1\n");
  });

  it.each([
    ["GET", "/"],
    ["GET", "/healthz"],
    ["POST", "/health"],
  ])("answers %s %s with 404 in JSON", async (method, path) => {
    const response = await fetch(`${base}${path}`, { method });

    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: "not found" });
  });

  it("logs a failure of its own and tells the caller nothing of it", async () => {
    render = () => Promise.reject(new Error("secret detail"));

    const response = await fetch(`${base}/metrics`);

    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: "internal error" });
    expect(logged).toEqual(["admin request failed"]);
  });

  it("says that its port is taken", async () => {
    const metrics = { contentType: "", render };
    const second = new AdminListener(
      { host: "127.0.0.1", port },
      { logger: silentLogger, health: () => [], metrics, inspection: nothingToSee },
    );

    const opening = second.open();

    await expect(opening).rejects.toThrow(ListenError);
    await expect(opening).rejects.toThrow(`127.0.0.1:${port} is taken by another process`);
    await second.close();
  });

  it("closes without waiting for idle connections or for requests under way", async () => {
    render = () => new Promise(() => {});
    const idle = connect(port, "127.0.0.1");
    const busy = connect(port, "127.0.0.1");
    for (const socket of [idle, busy]) socket.on("error", () => {}).resume();
    await Promise.all([once(idle, "connect"), once(busy, "connect")]);
    const requested = new Promise<void>((resolve) => {
      render = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    busy.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await requested;

    await Promise.all([listener.close(), once(idle, "close"), once(busy, "close")]);

    expect(idle.destroyed && busy.destroyed).toBe(true);
  });
});
