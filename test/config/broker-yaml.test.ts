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

/** Every key the schema knows under the sections and list entries that the tree has. */
function knownPaths(tree: unknown, path: KeyPath = []): KeyPath[] {
  const value = path.reduce(valueAt, tree);
  if (value === false) return []; // switched off, as a mapping of keys would not be
  if (Array.isArray(value)) return value.flatMap((_, index) => knownPaths(tree, [...path, index]));
  return keysAt(brokerConfigSchema, path, tree).flatMap((key) => [
    [...path, key],
    ...knownPaths(tree, [...path, key]),
  ]);
}

function missingIn(tree: unknown, path: KeyPath = []): string[] {
  const missing = knownPaths(tree, path).filter((known) => known.reduce(valueAt, tree) === undefined);
  return missing.map((known) => known.join("."));
}

/** Keys without a comment that is the schema's description, word for word. */
function unexplainedIn(text: string, path: KeyPath = []): string[] {
  const tree: unknown = parse(text);
  const lines = new Set(text.split("\n").map((line) => line.replace(/^[ -]*(\w+):.* # /, "$1 # ")));
  const unexplained = knownPaths(tree, path).filter((known) => {
    const schemas = schemasAt(brokerConfigSchema, known, tree);
    const description = schemas.map((schema) => z.globalRegistry.get(schema)?.description).find(Boolean);
    const needsNone =
      known.at(-1) === "type" || schemas.some((schema) => bare(schema) instanceof z.ZodObject);
    return description === undefined ? !needsNone : !lines.has(`${known.at(-1)} # ${description}`);
  });
  return unexplained.map((known) => known.join("."));
}

describe("config/broker.yaml", () => {
  const text = readFileSync(FILE, "utf8");

  it("says what the broker does without it", () => {
    expect(loadConfig({ file: FILE, ...nothing })).toEqual(brokerConfigSchema.parse({}));
  });

  it("has every key", () => {
    expect(missingIn(parse(text))).toEqual([]);
  });

  it("explains every key in the words of the schema", () => {
    expect(unexplainedIn(text)).toEqual([]);
  });
});

describe("config/examples/bridge-keys.yaml", () => {
  const text = readFileSync(`${EXAMPLES}bridge-keys.yaml`, "utf8");

  it("has every key of every kind of bridge", () => {
    expect((parse(text) as { bridges: { type: string }[] }).bridges.map(({ type }) => type)).toEqual([
      "kafka",
      "amqp",
    ]);
    expect(missingIn(parse(text), ["bridges"])).toEqual([]);
  });

  it("explains every key in the words of the schema", () => {
    expect(unexplainedIn(text, ["bridges"])).toEqual([]);
  });

  it("shows the default of every key that has one, tls and sasl aside", () => {
    const { bridges } = loadConfig({ file: `${EXAMPLES}bridge-keys.yaml`, ...nothing });
    const [kafka, amqp] = bridges;
    const least = [
      { type: "kafka", name: "a", brokers: ["127.0.0.1:9092"], forward: [{ from: "a", topic: "b" }] },
      { type: "amqp", name: "b", url: "amqp://127.0.0.1:5672", forward: [{ from: "a", exchange: "b" }] },
    ];
    const [leastKafka, leastAmqp] = brokerConfigSchema.parse({ bridges: least }).bridges;

    expect({ ...kafka, name: "a", forward: [], tls: false, sasl: null }).toEqual({
      ...leastKafka,
      forward: [],
    });
    expect({ ...amqp, name: "b", forward: [], assertExchanges: [] }).toEqual({ ...leastAmqp, forward: [] });
  });
});

it("a key that is missing or unexplained is found", () => {
  expect(missingIn(parse("storage: {}"), ["storage"])).toEqual(["storage.durability"]);
  expect(unexplainedIn("storage:\n  durability: disk # on disk", ["storage"])).toEqual([
    "storage.durability",
  ]);
});

describe("config/examples/every-listener.yaml", () => {
  const text = readFileSync(`${EXAMPLES}every-listener.yaml`, "utf8");
  const types = (parse(text) as { listeners: { type: string }[] }).listeners.map(({ type }) => type);

  it("has every key of every kind of listener", () => {
    expect(types).toEqual(["tcp", "tls", "ws", "wss", "unix", "amqp", "amqps", "admin"]);
    expect(missingIn(parse(text), ["listeners"])).toEqual([]);
  });

  it("explains every key in the words of the schema", () => {
    expect(unexplainedIn(text, ["listeners"])).toEqual([]);
  });
});

describe("config/examples", () => {
  it.each(readdirSync(EXAMPLES))("%s is a valid configuration", (name) => {
    const config = loadConfig({ file: EXAMPLES + name, ...nothing });

    expect(config.listeners.map(({ type }) => type)).toContain("tcp");
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
