import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TopicFilter } from "../../src/base/ids.ts";
import type { Claim } from "../../src/routing/claim-list.ts";
import { TopicTrie } from "../../src/routing/topic-trie.ts";
import { heapBytesInUse } from "../support/heap.ts";
import { filter, plainlyMatches, topicFilters, topicNames } from "./topic-names.ts";

const WHOLE_TOPIC = 65_535;

interface Subscriber {
  readonly name: string;
}

const ANYBODY: Subscriber = { name: "anybody" };

function trieOf(...filters: string[]): TopicTrie<Claim> {
  const trie = new TopicTrie<Claim>();
  for (const text of filters) trie.add(claimOn(text));
  return trie;
}

function claimOn(text: string, receiver = ANYBODY): Claim {
  return { receiver, topicFilter: filter(text) };
}

function claims(trie: TopicTrie<Claim>, topicName: string): Claim[] {
  const found: Claim[] = [];
  trie.match(topicName, found);
  return found;
}

function matches(trie: TopicTrie<Claim>, topicName: string): string[] {
  return claims(trie, topicName)
    .map(({ topicFilter }) => topicFilter)
    .sort();
}

describe("topic trie", () => {
  it("finds exactly the filters that the plain rule finds", () => {
    fc.assert(
      fc.property(fc.uniqueArray(topicFilters, { maxLength: 40 }), topicNames, (filters, topicName) => {
        const trie = trieOf(...filters);

        const found = matches(trie, topicName);

        expect(found).toEqual(filters.filter((text) => plainlyMatches(text, topicName)).sort());
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps what a plain list keeps through any sequence of additions and removals", () => {
    const pool = fc.uniqueArray(topicFilters, { minLength: 1, maxLength: 8 });
    const step = fc.record({ adds: fc.boolean(), at: fc.nat(7), by: fc.nat(2) });
    const topics = fc.array(topicNames, { minLength: 20, maxLength: 20 });
    const receivers = ["a", "b", "c"].map((name): Subscriber => ({ name }));
    fc.assert(
      fc.property(pool, fc.array(step, { maxLength: 60 }), topics, (filters, steps, names) => {
        const trie = new TopicTrie<Claim>();
        const model: Claim[] = [];

        for (const { adds, at, by } of steps) {
          const claim = claimOn(filters[at % filters.length] as TopicFilter, receivers[by]);
          const known = model.findIndex(
            ({ receiver, topicFilter }) => receiver === claim.receiver && topicFilter === claim.topicFilter,
          );
          const [before] = known < 0 ? [] : model.splice(known, 1);
          expect(adds ? trie.add(claim) : trie.remove(claim.topicFilter, claim.receiver)).toBe(before);
          if (adds) model.push(claim);
        }

        expect(trie.size).toBe(model.length);
        for (const name of names) {
          const expected = [...model.keys()].filter((i) =>
            plainlyMatches((model[i] as Claim).topicFilter, name),
          );
          const found = claims(trie, name).map((claim) => model.indexOf(claim));
          expect(found.sort((a, b) => a - b)).toEqual(expected);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("lets # match the parent level too", () => {
    expect(matches(trieOf("sport/#", "sport/+", "sport"), "sport")).toEqual(["sport", "sport/#"]);
  });

  it("takes empty levels for levels", () => {
    expect(matches(trieOf("+/+", "/+", "+", "/a", "a"), "/a")).toEqual(["+/+", "/+", "/a"]);
    expect(matches(trieOf("a/+/b", "a//b", "a/b"), "a//b")).toEqual(["a/+/b", "a//b"]);
  });

  it("hides topics that begin with $ from filters that begin with a wildcard [MQTT-4.7.2-1]", () => {
    const trie = trieOf("#", "+/broker/+", "$SYS/#", "$SYS/+/uptime");

    expect(matches(trie, "$SYS/broker/uptime")).toEqual(["$SYS/#", "$SYS/+/uptime"]);
  });

  it("takes level names that objects are born with for ordinary names", () => {
    const trie = trieOf("__proto__/+", "constructor/#");

    expect(matches(trie, "__proto__/toString")).toEqual(["__proto__/+"]);
    expect(matches(trie, "toString/toString")).toEqual([]);
  });

  it("appends to what the caller's array holds already", () => {
    const into = [claimOn("before")];

    trieOf("a/+").match("a/b", into);

    expect(into.map(({ topicFilter }) => topicFilter)).toEqual(["before", "a/+"]);
  });

  it.each(["a/+", "a/b"])("holds one claim of a receiver per filter, the latest: %s", (text) => {
    const first = claimOn(text);
    const second = claimOn(text);
    const trie = new TopicTrie<Claim>();

    expect(trie.add(first)).toBeUndefined();
    expect(trie.add(second)).toBe(first);

    expect(trie.size).toBe(1);
    expect(claims(trie, "a/b")).toEqual([second]);
    expect(trie.remove(filter(text), ANYBODY)).toBe(second);
    expect(claims(trie, "a/b")).toEqual([]);
  });

  it.each(["fleet/+/state", "fleet/all/state"])(
    "forgets all but two of ten thousand receivers of %s",
    (shared) => {
      const receivers = Array.from({ length: 10_000 }, (_, at): Subscriber => ({ name: String(at) }));
      const trie = new TopicTrie<Claim>();
      for (const receiver of receivers) trie.add(claimOn(shared, receiver));

      for (const receiver of receivers.slice(0, 9_998)) trie.remove(filter(shared), receiver);

      expect(claims(trie, "fleet/all/state").map(({ receiver }) => receiver)).toEqual([
        receivers[9_999],
        receivers[9_998],
      ]);
      expect(trie.size).toBe(2);
    },
  );

  it("keeps nothing of filters that are gone, and at most 120 bytes of each that is there beside its claim", () => {
    const trie = trieOf("fleet/+/state");
    const all = Array.from({ length: 20_000 }, (_, at) => claimOn(`fleet/device-${at}/cmd/#`));
    const empty = heapBytesInUse();

    for (const claim of all) trie.add(claim);
    const full = heapBytesInUse();
    for (const { topicFilter, receiver } of all) trie.remove(topicFilter, receiver);

    expect((full - empty) / all.length).toBeLessThan(120);
    expect((heapBytesInUse() - empty) / all.length).toBeLessThan(25);
    expect(trie.size).toBe(1);
  });

  it("gives back the nodes of levels that only one filter is left to pass", () => {
    const trie = trieOf("fleet/+/state");
    const staying = Array.from({ length: 20_000 }, (_, at) => claimOn(`fleet/device-${at}/cmd/a/b/+`));
    const leaving = staying.map(({ topicFilter }) => claimOn(topicFilter.replace("+", "#")));
    for (const claim of staying) trie.add(claim);
    const before = heapBytesInUse();

    for (const claim of leaving) trie.add(claim);
    const full = heapBytesInUse();
    for (const { topicFilter, receiver } of leaving) trie.remove(topicFilter, receiver);

    expect((full - before) / leaving.length).toBeGreaterThan(200);
    expect((heapBytesInUse() - before) / leaving.length).toBeLessThan(25);
    expect(matches(trie, "fleet/device-7/cmd/a/b/c")).toEqual(["fleet/device-7/cmd/a/b/+"]);
  });

  it("walks filters and topics of 65,535 levels without recursion", () => {
    const slashes = "/".repeat(WHOLE_TOPIC);
    const deepPlus = filter(`${"+/".repeat(WHOLE_TOPIC / 2)}+`);
    const trie = trieOf("#", `${slashes.slice(2)}#`, deepPlus);

    expect(matches(trie, slashes)).toEqual(["#", `${slashes.slice(2)}#`].sort());
    expect(matches(trie, "/".repeat((WHOLE_TOPIC - 1) / 2))).toEqual(["#", deepPlus].sort());
    expect(trie.remove(deepPlus, ANYBODY)?.topicFilter).toBe(deepPlus);
  });
});
