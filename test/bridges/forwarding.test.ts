import { describe, expect, it } from "vitest";
import { createForwarding, parseFilter, parseMappingTemplate } from "../../bridges/forwarding.ts";
import { ConfigError } from "../../src/base/errors.ts";
import { aMessage } from "./support/messages.ts";

describe("forwarding", () => {
  it("gives messages with the same key the same lane and uses all lanes", () => {
    const key = parseMappingTemplate("key", `\${clientId}`);
    const forwarding = createForwarding(parseFilter("from", "sensors/#"), 1, key, 4);

    const lanes = Array.from({ length: 100 }, (_, i) =>
      forwarding.laneOf(aMessage({ clientId: `c${i % 50}` })),
    );

    expect(lanes.slice(0, 50)).toEqual(lanes.slice(50));
    expect(new Set(lanes)).toEqual(new Set([0, 1, 2, 3]));
  });

  it("keeps a message whose key cannot be made in its publisher's lane", () => {
    const filter = parseFilter("from", "#");
    const broken = createForwarding(filter, 1, parseMappingTemplate("key", `\${payload.id}`), 4);
    const plain = createForwarding(filter, 1, parseMappingTemplate("key", `\${clientId}`), 4);

    expect(broken.laneOf(aMessage({ payload: "no json" }))).toBe(plain.laneOf(aMessage()));
  });

  it("refuses a filter or template of the configuration and names the key", () => {
    expect(() => parseFilter("bridges.b.forward.1.from", "a/#/b")).toThrow(ConfigError);
    expect(() => parseMappingTemplate("bridges.b.forward.1.key", `x\${y}`)).toThrow(
      /forward\.1\.key.*position 1/,
    );
  });
});
