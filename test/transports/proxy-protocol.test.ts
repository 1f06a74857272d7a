import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProxyHeader } from "../../src/transports/proxy-protocol.ts";
import { INTERNET, INTERNET6, TLVS, version2 } from "./proxy-headers.ts";

const REST = Buffer.from("\x10\x0c\x00\x04MQTT");

interface Case {
  readonly name: string;
  readonly header: Buffer;
  readonly source: { address: string; port: number } | undefined;
}

const V4 = { address: "203.0.113.7", port: 50_000 };
const V6 = { address: "2001:db8::7", port: 50_000 };
const line = (text: string): Buffer => Buffer.from(`${text}\r\n`);

const VALID: readonly Case[] = [
  { name: "1, TCP4", header: line("PROXY TCP4 203.0.113.7 192.0.2.1 50000 1883"), source: V4 },
  { name: "1, TCP6", header: line("PROXY TCP6 2001:db8::7 2001:db8::1 50000 1883"), source: V6 },
  {
    name: "1, TCP6 written out, the longest line there is but one",
    header: line(
      "PROXY TCP6 2001:0db8:0000:0000:0000:0000:0000:0007 2001:0db8:0000:0000:0000:0000:0000:0001 50000 65535",
    ),
    source: V6,
  },
  { name: "1, UNKNOWN", header: line("PROXY UNKNOWN"), source: undefined },
  { name: "1, UNKNOWN with more", header: line("PROXY UNKNOWN ffff:f...f:ffff 65535 x"), source: undefined },
  { name: "2, IPv4", header: version2(0x21, 0x11, INTERNET), source: V4 },
  { name: "2, IPv6", header: version2(0x21, 0x21, INTERNET6), source: V6 },
  { name: "2, IPv4 with TLVs", header: version2(0x21, 0x11, Buffer.concat([INTERNET, TLVS])), source: V4 },
  { name: "2, IPv6 with TLVs", header: version2(0x21, 0x21, Buffer.concat([INTERNET6, TLVS])), source: V6 },
  { name: "2, unspecified", header: version2(0x21, 0x00, Buffer.alloc(0)), source: undefined },
  { name: "2, unspecified with TLVs", header: version2(0x21, 0x00, TLVS), source: undefined },
  { name: "2, Unix", header: version2(0x21, 0x31, Buffer.alloc(216)), source: undefined },
  { name: "2, LOCAL", header: version2(0x20, 0x00, Buffer.alloc(0)), source: undefined },
  { name: "2, LOCAL with addresses", header: version2(0x20, 0x11, INTERNET), source: undefined },
  { name: "2, LOCAL of a family nobody knows", header: version2(0x20, 0xff, TLVS), source: undefined },
  {
    name: "2, as long as is taken",
    header: version2(0x21, 0x11, Buffer.concat([INTERNET, Buffer.alloc(4084)])),
    source: V4,
  },
];

describe("PROXY header", () => {
  it.each(VALID)("of version $name is read", ({ header, source }) => {
    expect(parseProxyHeader(header)).toEqual({ kind: "complete", length: header.length, source });
  });

  it.each(VALID)("of version $name ends where the client's bytes begin", ({ header, source }) => {
    const bytes = Buffer.concat([header, REST]);

    expect(parseProxyHeader(bytes)).toEqual({ kind: "complete", length: header.length, source });
  });

  it.each(VALID)("of version $name is incomplete until its last byte is there", ({ header }) => {
    for (let length = 0; length < header.length; length++) {
      expect(parseProxyHeader(header.subarray(0, length))).toEqual({ kind: "incomplete" });
    }
  });

  it.each([
    ["an MQTT packet", REST],
    ["a TLS record", Buffer.from([0x16, 0x03, 0x01])],
    ["an HTTP request", Buffer.from("GET /mqtt HTTP/1.1\r\n")],
    ["another first word", Buffer.from("PROXX ")],
    ["a lower-case word", line("proxy TCP4 203.0.113.7 192.0.2.1 50000 1883")],
    ["another signature", Buffer.from("0d0a0d0a000d0a515549540b", "hex")],
  ])("is not seen in %s", (_, bytes) => {
    expect(parseProxyHeader(bytes)).toEqual({
      kind: "invalid",
      reason: "it does not begin with a PROXY header",
    });
  });

  it("is refused at the first byte that cannot belong to one", () => {
    expect(parseProxyHeader(Buffer.from("PX"))).toMatchObject({ kind: "invalid" });
  });

  it.each([
    "PROXY TCP4 203.0.113.7 192.0.2.1 50000",
    "PROXY TCP4 203.0.113.7 192.0.2.1 50000 1883 ",
    "PROXY TCP4  203.0.113.7 192.0.2.1 50000 1883",
    "PROXY TCP4 203.0.113.7 192.0.2.1 65536 1883",
    "PROXY TCP4 203.0.113.7 192.0.2.1 50000 99999",
    "PROXY TCP4 203.0.113.7 192.0.2.1 050 1883",
    "PROXY TCP4 203.0.113.7 192.0.2.1 -1 1883",
    "PROXY TCP4 203.0.113.256 192.0.2.1 50000 1883",
    "PROXY TCP4 203.0.113.07 192.0.2.1 50000 1883",
    "PROXY TCP4 localhost 192.0.2.1 50000 1883",
    "PROXY TCP4 2001:db8::7 2001:db8::1 50000 1883",
    "PROXY TCP6 203.0.113.7 192.0.2.1 50000 1883",
    "PROXY TCP6 fe80::1%eth0 2001:db8::1 50000 1883",
    "PROXY UDP4 203.0.113.7 192.0.2.1 50000 1883",
    "PROXY UNKNOWNX",
    "PROXY ",
    "PROXY TCP4\n203.0.113.7 192.0.2.1 50000 1883",
  ])("of version 1 is refused when its line is %j", (text) => {
    expect(parseProxyHeader(line(text))).toEqual({ kind: "invalid", reason: "its line cannot be read" });
  });

  it("of version 1 takes 107 bytes and not one more", () => {
    const longest = `PROXY UNKNOWN ${"x".repeat(91)}\r\n`;
    expect(longest).toHaveLength(107);

    expect(parseProxyHeader(Buffer.from(longest))).toMatchObject({ kind: "complete", length: 107 });
    expect(parseProxyHeader(Buffer.from(`PROXY UNKNOWN ${"x".repeat(92)}\r`))).toMatchObject({
      kind: "invalid",
      reason: "its line is longer than 107 bytes",
    });
    expect(parseProxyHeader(Buffer.from(`PROXY UNKNOWN ${"x".repeat(92)}\r\n`))).toMatchObject({
      kind: "invalid",
    });
  });

  it.each([
    ["its version is 1", version2(0x11, 0x11, INTERNET)],
    ["its version is 3", version2(0x31, 0x11, INTERNET)],
    ["its command is 2", version2(0x22, 0x11, INTERNET)],
    ["its address family is 4", version2(0x21, 0x41, INTERNET)],
    ["it announces no stream", version2(0x21, 0x12, INTERNET)],
    ["it announces no stream", version2(0x21, 0x13, INTERNET)],
    ["it is too short for its addresses", version2(0x21, 0x11, INTERNET.subarray(1))],
    ["it is too short for its addresses", version2(0x21, 0x21, INTERNET)],
    ["it is too short for its addresses", version2(0x21, 0x31, Buffer.alloc(215))],
    ["it is longer than 4096 bytes", version2(0x21, 0x11, Buffer.alloc(4097))],
    ["it is longer than 4096 bytes", version2(0x20, 0x00, Buffer.alloc(65_535))],
  ])("of version 2 is refused: %s", (reason, bytes) => {
    expect(parseProxyHeader(bytes)).toEqual({ kind: "invalid", reason });
  });

  it("of version 2 is refused for its length before its body has come", () => {
    expect(parseProxyHeader(version2(0x21, 0x11, Buffer.alloc(65_535)).subarray(0, 16))).toMatchObject({
      kind: "invalid",
    });
  });

  it("is never an exception, and never longer than what was given", () => {
    const anyBytes = fc.uint8Array({ maxLength: 300 });
    const begun = fc
      .tuple(fc.constantFrom(...VALID.map(({ header }) => header)), fc.nat(120), anyBytes)
      .map(([header, length, tail]) => Buffer.concat([header.subarray(0, length), tail]));

    fc.assert(
      fc.property(fc.oneof(anyBytes.map(Buffer.from), begun), (bytes) => {
        const header = parseProxyHeader(bytes as Buffer);

        if (header.kind === "complete") expect(header.length).toBeLessThanOrEqual(bytes.length);
        if (header.kind === "incomplete") expect(bytes.length).toBeLessThan(16 + 4096);
      }),
      { numRuns: 3000 },
    );
  });

  it("of version 2 gives back any address and port", () => {
    const octets = fc.uint8Array({ minLength: 4, maxLength: 4 });
    const port = fc.integer({ min: 0, max: 65_535 });

    fc.assert(
      fc.property(octets, port, (address, number) => {
        const body = Buffer.from(INTERNET);
        body.set(address, 0);
        body.writeUInt16BE(number, 8);

        const header = parseProxyHeader(version2(0x21, 0x11, body));

        expect(header).toMatchObject({ source: { address: address.join("."), port: number } });
      }),
    );
  });
});
