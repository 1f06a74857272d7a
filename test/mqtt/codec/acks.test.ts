import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type AckType, ackLength, PINGREQ, PINGRESP, writeAck } from "../../../src/mqtt/codec/acks.ts";
import { PacketType, type ProtocolVersion } from "../../../src/mqtt/codec/packets.ts";
import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import { texts, versions } from "../../support/arbitrary-packets.ts";
import { decodePackets } from "../../support/decode-packet.ts";
import { parseForeign } from "../../support/mqtt-packet-oracle.ts";

const { Puback, Pubrec, Pubrel, Pubcomp } = PacketType;
const COMMANDS = {
  [Puback]: "puback",
  [Pubrec]: "pubrec",
  [Pubrel]: "pubrel",
  [Pubcomp]: "pubcomp",
} as const;

interface Ack {
  readonly type: AckType;
  readonly packetId: number;
  readonly reasonCode: ReasonCode;
  readonly reasonString: string | undefined;
}

const publishCodes = fc.constantFrom<ReasonCode>(
  ReasonCode.Success,
  ReasonCode.NoMatchingSubscribers,
  ReasonCode.QuotaExceeded,
);
const releaseCodes = fc.constantFrom<ReasonCode>(ReasonCode.Success, ReasonCode.PacketIdentifierNotFound);

const acks: fc.Arbitrary<Ack> = fc.constantFrom(Puback, Pubrec, Pubrel, Pubcomp).chain((type) =>
  fc.record({
    type: fc.constant(type),
    packetId: fc.integer({ min: 1, max: 65_535 }),
    reasonCode: type === Puback || type === Pubrec ? publishCodes : releaseCodes,
    reasonString: fc.option(
      fc.oneof(
        texts,
        fc.integer({ min: 100, max: 20_000 }).map((length) => "r".repeat(length)),
      ),
      { nil: undefined },
    ),
  }),
);

function encode({ type, packetId, reasonCode, reasonString }: Ack, version: ProtocolVersion): Buffer {
  const target = Buffer.alloc(ackLength(reasonCode, version, reasonString));
  expect(writeAck(target, 0, type, packetId, reasonCode, version, reasonString)).toBe(target.length);
  return target;
}

function asForeign({ type, packetId, reasonCode, reasonString }: Ack): Packet {
  const properties = reasonString === undefined ? {} : { properties: { reasonString } };
  return { cmd: COMMANDS[type], messageId: packetId, reasonCode, ...properties };
}

describe("acknowledgement codec", () => {
  it("reads back what it wrote; MQTT 3.1.1 has no Reason Code", () => {
    fc.assert(
      fc.property(acks, versions, (ack, version) => {
        const { type, packetId } = ack;
        const reasonCode = version === 5 ? ack.reasonCode : ReasonCode.Success;

        expect(decodePackets(encode(ack, version), version)).toEqual([{ type, packetId, reasonCode }]);
      }),
    );
  });

  it("reads what mqtt-packet writes", () => {
    fc.assert(
      fc.property(acks, (ack) => {
        const { type, packetId, reasonCode } = ack;

        const bytes = generate(asForeign(ack), { protocolVersion: 5 });

        expect(decodePackets(bytes, 5)).toEqual([{ type, packetId, reasonCode }]);
      }),
    );
  });

  it("writes what mqtt-packet reads", () => {
    fc.assert(
      fc.property(acks, (ack) => {
        expect(parseForeign(encode(ack, 5), 5)).toMatchObject(asForeign(ack));
      }),
    );
  });

  it("takes four bytes for Success and for MQTT 3.1.1, five for another Reason Code", () => {
    const refused = {
      type: Puback,
      packetId: 7,
      reasonCode: ReasonCode.NotAuthorized,
      reasonString: undefined,
    };

    expect(encode({ ...refused, reasonCode: ReasonCode.Success }, 5).toString("hex")).toBe("40020007");
    expect(encode(refused, 4).toString("hex")).toBe("40020007");
    expect(encode(refused, 5).toString("hex")).toBe("4003000787");
    expect(encode({ ...refused, type: Pubrel, reasonCode: ReasonCode.Success }, 5).toString("hex")).toBe(
      "62020007",
    );
  });

  it("knows the two packets without a body", () => {
    expect([...PINGREQ]).toEqual([0xc0, 0]);
    expect([...PINGRESP]).toEqual([0xd0, 0]);
  });
});
