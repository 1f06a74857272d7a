import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { render, type Standard, toEntries, withoutLines } from "../conformance/report.ts";
import type { Statement } from "../conformance/statement.ts";
import { mqtt5Statements } from "../conformance/statements-mqtt5.ts";
import { mqtt311Statements } from "../conformance/statements-mqtt311.ts";
import { citations, citationsIn, testTraces, testTracesIn } from "../conformance/traces.ts";

const PAGE = new URL("../../docs/conformance.md", import.meta.url);
const LONGEST_MEANING_WORDS = 15;
const { WRITE_CONFORMANCE } = process.env;

const cited = citations();
const tested = testTraces();
const standards: Standard[] = [
  { title: "MQTT 5.0", entries: toEntries(mqtt5Statements, cited, tested) },
  { title: "MQTT 3.1.1", entries: toEntries(mqtt311Statements, cited, tested) },
];
const statements: readonly Statement[] = [...mqtt5Statements, ...mqtt311Statements];
const place = ({ id, file, line }: (typeof cited)[number]): string => `${id} in ${file}:${line}`;

describe("the tables of statements", () => {
  it("hold every statement of both standards' Appendix B once", () => {
    const ids = statements.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect([mqtt5Statements.length, mqtt311Statements.length]).toEqual([251, 141]);
  });

  it("say each in a few words", () => {
    const long = statements.filter(({ meaning }) => meaning.split(" ").length > LONGEST_MEANING_WORDS);

    expect(long).toEqual([]);
  });

  it("call nothing not applicable that the source cites", () => {
    const honoured = new Set(cited.map(({ id }) => id));

    expect(
      statements.filter(({ id, notApplicable }) => notApplicable !== undefined && honoured.has(id)),
    ).toEqual([]);
  });
});

describe("ids of statements", () => {
  const known = new Set(statements.map(({ id }) => id));

  it("in source and tests are in the standard", () => {
    expect([...cited, ...tested].filter(({ id }) => !known.has(id)).map(place)).toEqual([]);
  });

  it("that the source cites are named by a test", () => {
    const named = new Set(tested.map(({ id }) => id));

    expect(cited.filter(({ id }) => !named.has(id)).map(place)).toEqual([]);
  });
});

it("docs/conformance.md is current (npm run docs:conformance writes it)", () => {
  const page = render(standards);
  if (WRITE_CONFORMANCE === "1") writeFileSync(PAGE, page);

  expect(withoutLines(readFileSync(PAGE, "utf8"))).toBe(withoutLines(page));
});

describe("the search for ids", () => {
  it("finds citations in comments and in errors, with their lines", () => {
    const text = '// honours [MQTT-3.3.2-8]\nthrow new MqttError(1, "x", "MQTT3-3.1.2-22");\n';

    expect(citationsIn("src/x.ts", text)).toEqual([
      { id: "MQTT-3.3.2-8", file: "src/x.ts", line: 1 },
      { id: "MQTT3-3.1.2-22", file: "src/x.ts", line: 2 },
    ]);
  });

  it("takes names of tests for tests, not other strings, comments or tests that never run", () => {
    const text = `describe("a [MQTT-1.5.4-1]", () => {
      it.each(cases)("b [MQTT-1.5.4-2]", () => expect(x).toBe("[MQTT-1.5.4-3]")); // [MQTT-1.5.5-1]
      it.skip("c [MQTT-1.5.7-1]", () => {});
    });`;

    expect(testTracesIn("test/x.test.ts", text).map(({ id }) => id)).toEqual([
      "MQTT-1.5.4-1",
      "MQTT-1.5.4-2",
    ]);
  });
});
