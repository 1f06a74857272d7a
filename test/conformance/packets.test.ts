import { describe, expect, it } from "vitest";
import { encodeControl } from "../../src/mqtt/codec/control-writer.ts";
import type { ProtocolVersion } from "../../src/mqtt/codec/packets.ts";
import { decodeOutcome } from "../support/decode-packet.ts";
import { fixedHeaderCases } from "./mqtt5/2-1-fixed-header.cases.ts";
import { connectCases } from "./mqtt5/3-1-connect.cases.ts";
import { publishCases } from "./mqtt5/3-3-publish.cases.ts";
import { ackCases } from "./mqtt5/3-4-acks.cases.ts";
import { subscribeCases } from "./mqtt5/3-8-subscribe.cases.ts";
import { disconnectCases } from "./mqtt5/3-14-disconnect.cases.ts";
import { serverCases } from "./mqtt5/server-packets.cases.ts";
import { connect311Cases } from "./mqtt311/3-1-connect.cases.ts";
import { packet311Cases } from "./mqtt311/packets.cases.ts";
import { server311Cases } from "./mqtt311/server-packets.cases.ts";
import type { ReadCase, WriteCase } from "./packet-case.ts";

const READ: [string, ProtocolVersion, readonly ReadCase[]][] = [
  ["fixed header of MQTT 5", 5, fixedHeaderCases],
  ["CONNECT of MQTT 5", 5, connectCases],
  ["PUBLISH of MQTT 5", 5, publishCases],
  ["acknowledgements of MQTT 5", 5, ackCases],
  ["SUBSCRIBE and UNSUBSCRIBE of MQTT 5", 5, subscribeCases],
  ["DISCONNECT and AUTH of MQTT 5", 5, disconnectCases],
  ["CONNECT of MQTT 3", 4, connect311Cases],
  ["packets of MQTT 3.1.1", 4, packet311Cases],
];

const WRITTEN: [string, ProtocolVersion, readonly WriteCase[]][] = [
  ["packets a server sends in MQTT 5", 5, serverCases],
  ["packets a server sends in MQTT 3.1.1", 4, server311Cases],
];

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

describe.each(READ)("%s", (_, version, cases) => {
  it.each(cases)("$name", ({ bytes, expected }) => {
    const outcome = decodeOutcome(hex(bytes), version);

    if (typeof expected === "number") expect(outcome).toBe(expected);
    else expect(outcome).toMatchObject([expected]);
  });
});

describe.each(WRITTEN)("%s", (_, version, cases) => {
  it.each(cases)("$name", ({ packet, bytes }) => {
    expect(encodeControl(packet, version).toString("hex")).toBe(hex(bytes).toString("hex"));
  });
});
