import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import { createLogger, type LogOptions } from "../../src/cli/logging.ts";

function aLogger(options: Partial<LogOptions>, isTerminal = false): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const target = { isTerminal, write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ level: "info", format: "auto", ...options }, target), lines };
}

describe("log lines", () => {
  it("are JSON objects when the output is no terminal, written before the call returns", () => {
    const { logger, lines } = aLogger({});

    logger.info({ clientId: "c" }, "ready");

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", clientId: "c", msg: "ready" });
  });

  it("are for people on a terminal, written before the call returns", () => {
    const { logger, lines } = aLogger({}, true);

    logger.info({}, "listening on tcp 127.0.0.1:1883");

    expect(lines.join("")).toContain("listening on tcp 127.0.0.1:1883");
    expect(() => JSON.parse(lines.join(""))).toThrow();
  });

  it("take the form the configuration asks for", () => {
    const json = aLogger({ format: "json" }, true);
    const pretty = aLogger({ format: "pretty" }, false);

    json.logger.info({}, "ready");
    pretty.logger.info({}, "ready");

    expect(JSON.parse(json.lines[0] ?? "")).toMatchObject({ msg: "ready" });
    expect(pretty.lines[0]).toMatch(/^\[.*\] INFO: ready\n$/);
  });

  it("below the level are not written", () => {
    const { logger, lines } = aLogger({ level: "warn" });

    logger.info({}, "chatter");
    logger.warn({}, "trouble");

    expect(lines).toHaveLength(1);
    expect(logger.isLevelEnabled("debug")).toBe(false);
  });

  it("hide passwords, and the credentials of URLs", () => {
    const { logger, lines } = aLogger({});

    logger.info(
      { password: "s3cret", sasl: { password: "s3cret" }, bridge: { sasl: { password: "s3cret" } } },
      "x",
    );
    logger.info({ url: "amqp://user:s3cret@host/v" }, "connected");
    logger.info({ url: "amqp://user:s@3cret@host/v" }, "connected");

    expect(lines.join("")).not.toContain("3cret");
    expect(JSON.parse(lines[1] ?? "").url).toBe("amqp://host/v");
    expect(JSON.parse(lines[2] ?? "").url).toBe("amqp://host/v");
  });

  it("show the code and the cause of an error", () => {
    const { logger, lines } = aLogger({});

    logger.error({ error: new Error("outer", { cause: new Error("inner") }) }, "failed");

    expect(JSON.parse(lines[0] ?? "").error).toMatchObject({ message: "outer: inner" });
  });
});
