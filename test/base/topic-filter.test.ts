import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterMatches } from "../../src/base/topic-filter.ts";
import { plainlyMatches, topicFilters, topicNames } from "../routing/topic-names.ts";

describe("a topic filter", () => {
  it("matches what it matches level by level", () => {
    fc.assert(
      fc.property(topicFilters, topicNames, (filter, topicName) => {
        expect(filterMatches(filter, topicName)).toBe(plainlyMatches(filter, topicName));
      }),
      { numRuns: 5_000 },
    );
  });
});
