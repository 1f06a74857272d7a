import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAcl } from "../../../src/auth/acl/acl-parser.ts";
import { DecisionCache } from "../../../src/auth/acl/decision-cache.ts";
import { covers, overlaps } from "../../../src/auth/acl/filter-relations.ts";
import { IdentityRules } from "../../../src/auth/acl/identity-rules.ts";
import { filterMatches } from "../../../src/base/topic-filter.ts";

const level = fc.constantFrom("a", "b", "", "$x");
const topicName = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filterLevel = fc.constantFrom("a", "b", "", "+", "+", "$x");
const topicFilter = fc
  .tuple(fc.array(filterLevel, { minLength: 0, maxLength: 3 }), fc.boolean())
  .map(([levels, hash]) => (hash || levels.length === 0 ? [...levels, "#"] : levels).join("/"))
  .filter((filter) => filter !== "");
const usableTopic = topicName.filter((topic) => topic !== "");
const access = fc.constantFrom("read", "write", "readwrite", "deny");
const line = fc.oneof(
  fc.tuple(access, topicFilter).map(([word, filter]) => `topic ${word} ${filter}`),
  fc.tuple(access, topicFilter).map(([word, filter]) => `pattern ${word} ${filter}`),
  fc.tuple(access, topicFilter).map(([word, filter]) => `pattern ${word} %c/${filter}`),
);
const file = fc.array(line, { maxLength: 6 }).map((lines) => ["user u", ...lines].join("\n"));
const clientId = fc.oneof(fc.constantFrom("a", "b", "+", "#", "a/b", "$x"), fc.string({ maxLength: 4 }));

describe("relations of topic filters", () => {
  it("overlap when a topic matches both", () => {
    fc.assert(
      fc.property(topicFilter, topicFilter, usableTopic, (a, b, topic) => {
        if (filterMatches(a, topic) && filterMatches(b, topic)) expect(overlaps(a, b)).toBe(true);
        expect(overlaps(a, b)).toBe(overlaps(b, a));
      }),
      { numRuns: 2000 },
    );
  });

  // The empty text stands for "the parent of /#", though it is no topic: overlapping there is harmless.
  it("do not overlap when no topic matches both", () => {
    const topics = allTopics(4);
    fc.assert(
      fc.property(topicFilter, topicFilter, (a, b) => {
        const shared = topics.some((topic) => filterMatches(a, topic) && filterMatches(b, topic));
        expect(overlaps(a, b)).toBe(shared);
      }),
      { numRuns: 300 },
    );
  });

  it("cover only what they match wholly", () => {
    fc.assert(
      fc.property(topicFilter, topicFilter, usableTopic, (wide, narrow, topic) => {
        if (covers(wide, narrow) && filterMatches(narrow, topic))
          expect(filterMatches(wide, topic)).toBe(true);
        expect(covers(narrow, narrow)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("ACL rules", () => {
  it("never refuse a subscription through which a permitted message would come", () => {
    fc.assert(
      fc.property(file, topicFilter, usableTopic, (text, filter, topic) => {
        const rules = new IdentityRules(parseAcl(text, "acl"), { clientId: "a", user: "u" });

        if (filterMatches(filter, topic) && rules.may("read", topic))
          expect(rules.mayReadSome(filter)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("give a client through patterns of its id nothing outside its own level (CVE-2017-7650)", () => {
    fc.assert(
      fc.property(clientId, usableTopic, (id, topic) => {
        const rules = new IdentityRules(parseAcl("pattern %c/#", "acl"), { clientId: id, user: "u" });

        if (rules.may("read", topic) || rules.may("write", topic)) expect(topic.split("/")[0]).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });

  it("say the same with and without memory, however small", () => {
    const question = fc.tuple(fc.constantFrom("read", "write"), clientId, usableTopic);
    fc.assert(
      fc.property(
        file,
        fc.array(question, { maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        (text, asked, limit) => {
          const rules = parseAcl(text, "acl");
          const cache = new DecisionCache(rules, limit);

          for (const [wanted, id, topic] of asked) {
            const identity = { clientId: id, user: "u" };
            expect(cache.may(wanted, identity, topic)).toBe(
              new IdentityRules(rules, identity).may(wanted, topic),
            );
          }
        },
      ),
    );
  });
});

function allTopics(depth: number): string[] {
  const levels = ["a", "b", "", "$x", "other"];
  let topics = levels;
  const all = new Set(topics);
  for (let i = 1; i < depth; i++) {
    topics = topics.flatMap((topic) => levels.map((each) => `${topic}/${each}`));
    for (const topic of topics) all.add(topic);
  }
  return [...all];
}
