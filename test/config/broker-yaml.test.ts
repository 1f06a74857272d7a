import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { brokerConfigSchema } from "../../src/config/broker-config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { bare, type KeyPath, keysAt, schemasAt, valueAt } from "../../src/config/schema-walk.ts";

const FILE = new URL("../../config/broker.yaml", import.meta.url).pathname;
const EXAMPLES = new URL("../../config/examples/", import.meta.url).pathname;
const nothing = { environment: new Map<string, string>(), set: [] };

const text = readFileSync(FILE, "utf8");
const tree: unknown = parse(text);

/** Every key the schema knows under the sections and list entries that the file has. */
function knownPaths(path: KeyPath = []): KeyPath[] {
  const value = path.reduce(valueAt, tree);
  if (Array.isArray(value)) return value.flatMap((_, index) => knownPaths([...path, index]));
  return keysAt(brokerConfigSchema, path, tree).flatMap((key) => [
    [...path, key],
    ...knownPaths([...path, key]),
  ]);
}

describe("config/broker.yaml", () => {
  it("says what the broker does without it", () => {
    expect(loadConfig({ file: FILE, ...nothing })).toEqual(brokerConfigSchema.parse({}));
  });

  it("has every key", () => {
    const paths = knownPaths();
    const missing = paths.filter((path) => path.reduce(valueAt, tree) === undefined);

    expect(paths.length).toBeGreaterThan(35);
    expect(missing.map((path) => path.join("."))).toEqual([]);
  });

  it("explains every key in the words of the schema", () => {
    const lines = text.split("\n").map((line) => line.trim().replace(/\s+#/, " #"));
    const unexplained = knownPaths().filter((path) => {
      const description = describedAs(path);
      const start = `${path.at(-1)}:`;
      return !lines.some((line) => line.startsWith(start) && line.endsWith(`# ${description}`));
    });

    expect(unexplained.filter((path) => !isSection(path) && path.at(-1) !== "type")).toEqual([]);
  });
});

function describedAs(path: KeyPath): string | undefined {
  return schemasAt(brokerConfigSchema, path, tree)
    .map((schema) => z.globalRegistry.get(schema)?.description)
    .find((description) => description !== undefined);
}

function isSection(path: KeyPath): boolean {
  return bare(schemasAt(brokerConfigSchema, path, tree)[0] ?? brokerConfigSchema) instanceof z.ZodObject;
}

describe("config/examples", () => {
  it.each(readdirSync(EXAMPLES))("%s is a valid configuration", (name) => {
    const config = loadConfig({ file: EXAMPLES + name, ...nothing });

    expect(config.listeners.map(({ type }) => type)).toEqual(["tcp", "ws", "admin"]);
  });

  it("kafka-and-amqp.yaml has a bridge of each kind", () => {
    const { bridges } = loadConfig({ file: `${EXAMPLES}kafka-and-amqp.yaml`, ...nothing });

    expect(bridges.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "kafka analytics",
      "amqp operations",
    ]);
    expect(bridges[0]?.outbox).toMatchObject({ maximumMessages: 5_000_000, whenFull: "block" });
  });
});
