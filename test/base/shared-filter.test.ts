import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isShared, parseShared } from "../../src/base/shared-filter.ts";

describe("a shared filter", () => {
  it.each([
    ["$share/a/t", "a", "t"],
    ["$share/a//", "a", "/"],
    ["$share/a/b/+/#", "a", "b/+/#"],
    ["$share/ä b/$SYS/#", "ä b", "$SYS/#"],
    ["$share/$share/$share/x", "$share", "$share/x"],
  ])("%s is the name %s and the filter %s [MQTT-4.8.2-1], [MQTT-4.8.2-2]", (text, shareName, topicFilter) => {
    expect(parseShared(text)).toEqual({ shareName, topicFilter });
  });

  it.each([
    "$share",
    "$share/",
    "$share/a",
    "$share/a/",
    "$share//t",
    "$share/+/t",
    "$share/a#/t",
    "$share/a/t#",
  ])("%s is none: name or filter are missing or not valid [MQTT-4.8.2-1], [MQTT-4.8.2-2]", (text) => {
    expect(parseShared(text)).toBeUndefined();
  });

  it("is told from an ordinary one by its first level, case and all", () => {
    expect(["$share/a/t", "$share/"].map(isShared)).toEqual([true, true]);
    expect(["share/a/t", "$SHARE/a/t", "$shared/a/t", "a/$share/b"].map(isShared)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("is put together again from its parts", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const shared = parseShared(`$share/${text}`);
        fc.pre(shared !== undefined);
        expect(`${shared?.shareName}/${shared?.topicFilter}`).toBe(text);
      }),
      { examples: [["a/b"], ["a/+/#"], ["a//"]] },
    );
  });
});
