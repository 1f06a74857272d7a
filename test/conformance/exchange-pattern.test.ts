import { describe, expect, it } from "vitest";
import { type Identifiers, matches, toBytes } from "./exchange-pattern.ts";
import { connected, subscribed } from "./mqtt5/openings.ts";
import { playExchange } from "./play-exchange.ts";

function packet(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

describe("the notation of an exchange", () => {
  it.each([
    ["c0 00", "c000", true],
    ["c0 00", "d000", false],
    ["c0 00", "c00000", false],
    ["'MQ' 05", "4d5105", true],
    ["20 .. 00", "200300", true],
    ["20 .. 00", "2000", false],
    ["20 * 05", "2005", true],
    ["20 * 05", "20050500", false],
    ["20 * 05", "2000500005", true],
    ["(40 02|50 02) 01", "500201", true],
    ["40 02|50 02", "400200", false],
  ])("%s against %s: %s", (notation, hex, expected) => {
    expect(matches(packet(hex), notation, new Map())).toBe(expected);
  });

  it("remembers a Packet Identifier, sends it and asks for it again", () => {
    const identifiers: Identifiers = new Map();

    expect(matches(packet("32aabb"), "32 <p>", identifiers)).toBe(true);
    expect(toBytes("40 02 <p>", identifiers)).toEqual(packet("4002aabb"));
    expect(matches(packet("62aabc"), "62 <p>", identifiers)).toBe(false);
    expect(matches(packet("62aabb"), "62 <p>", identifiers)).toBe(true);
  });

  it("tells identifiers apart, and takes none that is 0", () => {
    const identifiers: Identifiers = new Map([["p", "0001"]]);

    expect(matches(packet("320001"), "32 <q!p>", identifiers)).toBe(false);
    expect(matches(packet("320000"), "32 <q>", identifiers)).toBe(false);
    expect(matches(packet("320002"), "32 <q!p>", identifiers)).toBe(true);
  });

  it("refuses what is no notation, and wildcards in what is sent", () => {
    expect(() => matches(packet("00"), "0x00", new Map())).toThrow("not understood");
    expect(() => toBytes("20 ..", new Map())).toThrow("only bytes can be sent");
    expect(() => toBytes("40 02 <p>", new Map())).toThrow("<p> has not been seen");
  });
});

describe("an exchange fails", () => {
  it("when another packet comes than the one awaited", async () => {
    const steps = [...connected("a"), ["a", "sends", "c0 00"], ["a", "gets", "e0 *"]] as const;

    await expect(playExchange({ name: "", steps })).rejects.toThrow("step 4, a gets e0 *: d000 came");
  });

  it("when a packet comes where nothing should", async () => {
    const steps = [
      ...connected("a"),
      ...subscribed("a", "00"),
      ["a", "sends", "30 05 0001 't' 00 'x'"],
      ["a", "gets nothing"],
    ] as const;

    await expect(playExchange({ name: "", steps })).rejects.toThrow("30050001740078 came");
  });

  it("when the broker closes a connection that should live, or says something before", async () => {
    const malformed = ["a", "sends", "c1 00"] as const;

    await expect(playExchange({ name: "", steps: [malformed, ["a", "gets", "d0 00"]] })).rejects.toThrow(
      "the broker closed the connection",
    );
    await expect(
      playExchange({ name: "", steps: [...connected("a"), malformed, ["a", "is closed"]] }),
    ).rejects.toThrow(/e0.+ came/);
  });
});
