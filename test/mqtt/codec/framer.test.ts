import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Framer, type FrameSink } from "../../../src/mqtt/codec/framer.ts";
import { LARGEST_VARINT, writeVarint } from "../../../src/mqtt/codec/varint.ts";
import { MqttError } from "../../../src/mqtt/mqtt-error.ts";
import { ReasonCode } from "../../../src/mqtt/reason-code.ts";

const LARGE = 1 << 20;

/** Keeps a copy of every frame and pauses after those `pausesAfter` names. */
class CollectingSink implements FrameSink {
  readonly frames: { readonly firstByte: number; readonly body: string }[] = [];
  readonly buffers: Buffer[] = [];
  readonly pausesAfter: (count: number) => boolean;

  constructor(pausesAfter: (count: number) => boolean = () => false) {
    this.pausesAfter = pausesAfter;
  }

  frame(firstByte: number, buffer: Buffer, start: number, end: number): boolean {
    this.frames.push({ firstByte, body: buffer.toString("latin1", start, end) });
    this.buffers.push(buffer);
    return !this.pausesAfter(this.frames.length);
  }
}

function header(firstByte: number, bodyLength: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = firstByte;
  return bytes.subarray(0, writeVarint(bytes, 1, bodyLength));
}

function frameOf(firstByte: number, body: string): Buffer {
  return Buffer.concat([header(firstByte, body.length), Buffer.from(body, "latin1")]);
}

const BODIES = ["", "a", "", "x".repeat(127), "y".repeat(128), "z".repeat(300), "", "end"];
const STREAM = Buffer.concat(BODIES.map((body) => frameOf(0x30, body)));
const EXPECTED = BODIES.map((body) => ({ firstByte: 0x30, body }));

function reasonOf(action: () => void): ReasonCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof MqttError) return error.reasonCode;
    throw error;
  }
  return undefined;
}

describe("Framer", () => {
  it("hands over many packets of one chunk in place, without a copy", () => {
    const framer = new Framer(LARGE);
    const sink = new CollectingSink();

    framer.push(STREAM, sink);

    expect(sink.frames).toEqual(EXPECTED);
    expect(sink.buffers.every((buffer) => buffer === STREAM)).toBe(true);
    expect(framer.isIdle).toBe(true);
  });

  it("finds the same packets wherever a chunk ends", () => {
    for (let split = 0; split <= STREAM.length; split++) {
      const framer = new Framer(LARGE);
      const sink = new CollectingSink();

      framer.push(STREAM.subarray(0, split), sink);
      framer.push(STREAM.subarray(split), sink);

      expect(sink.frames).toEqual(EXPECTED);
      expect(framer.isIdle).toBe(true);
    }
  });

  it("finds the same packets byte by byte", () => {
    const framer = new Framer(LARGE);
    const sink = new CollectingSink();

    for (let i = 0; i < STREAM.length; i++) framer.push(STREAM.subarray(i, i + 1), sink);

    expect(sink.frames).toEqual(EXPECTED);
  });

  it("copies each byte of a body a constant number of times however small the chunks are", () => {
    const framer = new Framer(LARGE);
    const sink = new CollectingSink();
    const length = 600_000;
    framer.push(header(0x30, length), sink);
    const buffers = new Set<unknown>();
    const copy = Buffer.prototype.copy;
    Buffer.prototype.copy = function (this: Buffer, ...rest: Parameters<typeof copy>): number {
      buffers.add(rest[0]);
      return copy.apply(this, rest);
    };

    try {
      for (let i = 0; i < length; i++) framer.push(Buffer.from("b"), sink);
    } finally {
      Buffer.prototype.copy = copy;
    }

    expect(sink.frames.map(({ body }) => body.length)).toEqual([length]);
    expect(buffers.size).toBeLessThan(10);
  });

  it("reserves little more than a large body takes, in whatever chunks it comes", () => {
    const bodyLength = 1_000_000;
    const packet = Buffer.concat([header(0x30, bodyLength), Buffer.alloc(bodyLength)]);
    for (const chunkBytes of [4_096, 65_536]) {
      const framer = new Framer(LARGEST_VARINT + 5);
      const sink = { frame: () => true };
      const before = process.memoryUsage().arrayBuffers;

      for (let at = 0; at < packet.length; at += chunkBytes) {
        framer.push(packet.subarray(at, at + chunkBytes), sink);
      }

      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.2 * bodyLength);
    }
  });

  it("reserves no memory for an announced length", () => {
    const framer = new Framer(LARGEST_VARINT + 5);
    const sink = new CollectingSink();
    const before = process.memoryUsage().arrayBuffers;

    for (let i = 0; i < 20; i++) {
      framer.push(Buffer.concat([header(0x30, LARGEST_VARINT), Buffer.alloc(10)]), sink);
    }

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it("refuses a packet above the maximum size as soon as its header is known [MQTT-3.2.2-15]", () => {
    const sink = new CollectingSink();

    const accepted = reasonOf(() => new Framer(130).push(header(0x30, 127), sink));
    const refused = reasonOf(() => new Framer(130).push(header(0x30, 128), sink));

    expect(accepted).toBeUndefined();
    expect(refused).toBe(ReasonCode.PacketTooLarge);
  });

  it("takes a lower maximum from the next header on", () => {
    const framer = new Framer(LARGE);
    const sink = new CollectingSink();
    framer.push(frameOf(0x30, "x".repeat(50)), sink);

    framer.maximumPacketSize = 20;

    expect(reasonOf(() => framer.push(frameOf(0x30, "x".repeat(50)), sink))).toBe(ReasonCode.PacketTooLarge);
  });

  it("refuses a Remaining Length of more than four bytes", () => {
    const push = () => new Framer(LARGE).push(Buffer.from("3080808080", "hex"), new CollectingSink());

    expect(reasonOf(push)).toBe(ReasonCode.MalformedPacket);
  });

  it("refuses a first byte no client may send before it reads on [MQTT-2.1.3-1]", () => {
    for (const firstByte of [0x00, 0x11, 0x42, 0x60, 0x80, 0xa0, 0xc1, 0xe1]) {
      const push = () => new Framer(LARGE).push(Buffer.from([firstByte]), new CollectingSink());
      expect(reasonOf(push)).toBe(ReasonCode.MalformedPacket);
    }
    for (const firstByte of [0x20, 0x90, 0xb0, 0xd0]) {
      const push = () => new Framer(LARGE).push(Buffer.from([firstByte]), new CollectingSink());
      expect(reasonOf(push)).toBe(ReasonCode.ProtocolError);
    }
  });

  it("stops after the packet that asked for it and goes on from there", () => {
    const framer = new Framer(LARGE);
    const sink = new CollectingSink((count) => count === 3);

    framer.push(STREAM, sink);
    expect(sink.frames).toEqual(EXPECTED.slice(0, 3));
    expect(framer.isIdle).toBe(false);
    framer.resume(sink);

    expect(sink.frames).toEqual(EXPECTED);
    expect(framer.isIdle).toBe(true);
  });

  it("keeps what a pause left of a chunk when the chunk is reused", () => {
    const framer = new Framer(LARGE);
    const sink = new CollectingSink((count) => count === 1);
    const chunk = Buffer.from(STREAM);

    framer.push(chunk, sink);
    chunk.fill(0xff);
    framer.resume(sink);

    expect(sink.frames).toEqual(EXPECTED);
  });

  it("is not idle inside a packet", () => {
    const framer = new Framer(LARGE);

    framer.push(Buffer.from([0x30]), new CollectingSink());

    expect(framer.isIdle).toBe(false);
  });

  it("loses and reorders nothing with any chunks and any pauses", () => {
    const bodies = fc.array(fc.string({ unit: "binary-ascii", maxLength: 300 }), { maxLength: 12 });
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(bodies, cuts, fc.integer({ min: 1, max: 5 }), (wanted, positions, every) => {
        const stream = Buffer.concat(wanted.map((body) => frameOf(0x32, body)));
        const borders = [...positions.map((at) => at % (stream.length + 1)), 0, stream.length].sort(
          (a, b) => a - b,
        );
        const framer = new Framer(LARGE);
        const sink = new CollectingSink((count) => count % every === 0);

        for (let i = 1; i < borders.length; i++)
          framer.push(stream.subarray(borders[i - 1], borders[i]), sink);
        while (framer.isPaused) framer.resume(sink);

        expect(sink.frames.map(({ body }) => body)).toEqual(wanted);
        expect(framer.isIdle).toBe(true);
      }),
    );
  });
});
