import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TopicWords } from "../../src/queues/topic-words.ts";

/** The rule as the standard words it: `*` is one word, `#` none or more. */
function matches(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return words.length === 0;
  if (first === "#") return words.some((_, i) => matches(rest, words.slice(i))) || matches(rest, []);
  if (words.length === 0) return false;
  return (first === "*" || first === words[0]) && matches(rest, words.slice(1));
}

const split = (key: string): string[] => (key === "" ? [] : key.split("."));

function found(words: TopicWords<string>, key: string): string[] {
  const values = new Set<string>();
  words.match(key, (value) => values.add(value));
  return [...values].sort();
}

describe("binding keys of a topic exchange (AMQP 0-9-1 §3.1.3.3)", () => {
  it.each([
    ["stock.*.ny", "stock.usd.ny", true],
    ["stock.*.ny", "stock.ny", false],
    ["stock.#", "stock", true],
    ["#.ny", "stock.usd.ny", true],
    ["a.#.b.#.c", "a.b.c", true],
    ["a.#.b.#.c", "a.x.b.y.z.c", true],
    ["a.#.b.#.c", "a.c", false],
    ["#", "", true],
    ["*", "", false],
    ["", "", true],
    ["a..b", "a..b", true],
    ["a.*.b", "a..b", true],
  ])("%j against the routing key %j: %s", (pattern, key, isMatch) => {
    const words = new TopicWords<string>();
    words.add(pattern, "queue");

    expect(found(words, key)).toEqual(isMatch ? ["queue"] : []);
  });

  it("with as many wildcards as fit cost no more than words times nodes", () => {
    const words = new TopicWords<string>();
    words.add(`${"#.".repeat(127)}b`, "queue");
    words.add(`${"#.*.".repeat(63)}b`, "queue");
    const key = `${"a.".repeat(127)}b`;
    let times = 0;

    for (let n = 0; n < 1000; n++) words.match(key, () => times++);

    expect(times).toBe(2000);
  });

  it("match as the rule says, whatever was bound and unbound before", () => {
    const word = fc.constantFrom("a", "b", "*", "#", "");
    const pattern = fc.array(word, { maxLength: 5 }).map((list) => list.join("."));
    const key = fc.array(fc.constantFrom("a", "b", ""), { maxLength: 5 }).map((list) => list.join("."));
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 12 }),
        fc.array(fc.nat(11)),
        key,
        (patterns, gone, routingKey) => {
          const words = new TopicWords<string>();
          const bound = new Set(patterns);
          for (const one of bound) words.add(one, one);
          for (const i of gone) {
            const one = patterns[i];
            if (one === undefined) continue;
            words.remove(one, one);
            bound.delete(one);
          }

          const expected = [...bound].filter((one) => matches(split(one), split(routingKey)));
          expect(found(words, routingKey)).toEqual(expected.sort());
          expect(words.size).toBe(bound.size);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("take bounded work, however many # a key has", () => {
    const words = new TopicWords<string>();
    words.add(Array.from({ length: 60 }, () => "#.a").join("."), "queue");

    expect(found(words, Array.from({ length: 59 }, () => "a").join("."))).toEqual([]);
    expect(found(words, Array.from({ length: 60 }, () => "a").join("."))).toEqual(["queue"]);
  });
});
