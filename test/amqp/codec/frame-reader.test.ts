import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader } from "../../../src/amqp/codec/frame-reader.ts";
import { HEARTBEAT_FRAME, PROTOCOL_HEADER, SMALLEST_FRAME_MAX } from "../../../src/amqp/codec/frames.ts";
import { amqpErrorOf, type CollectedFrame, CollectingSink, hex } from "./collecting.ts";

const LARGE = 1 << 20;

function frameOf(type: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

const SIZES = [4, 0, 1, 300, 70_000, 0, 5];
const FRAMES = SIZES.map((size, i) => ({ type: 3, channel: 1 + i, payload: Buffer.alloc(size, i) }));
const STREAM = Buffer.concat(FRAMES.map(({ type, channel, payload }) => frameOf(type, channel, payload)));

/** A reader behind the protocol header. */
function aReader(maximumFrameBytes = LARGE): FrameReader {
  const reader = new FrameReader("server");
  reader.maximumFrameBytes = maximumFrameBytes;
  return reader;
}

/** A frame as text: comparing large buffers takes long. */
function written({ type, channel, payload }: CollectedFrame): string {
  return `${type} ${channel} ${payload.toString("latin1")}`;
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

function refuse(bytes: Buffer, maximumFrameBytes?: number): unknown {
  return amqpErrorOf(() => aReader(maximumFrameBytes).push(bytes, new CollectingSink()));
}

describe("frames in a stream (AMQP 0-9-1 §2.3.5)", () => {
  it("come out the same, however the bytes arrive", () => {
    const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, fc.func(fc.boolean()), (places, pausesAfter) => {
        const sink = new CollectingSink((count) => pausesAfter(count));
        const reader = aReader();

        for (const chunk of pieces(STREAM, places)) reader.push(chunk, sink);
        while (reader.isPaused) reader.resume(sink);

        expect(sink.frames.map(written)).toEqual(FRAMES.map(written));
        expect(reader.isIdle).toBe(true);
      }),
    );
  });

  it("come out the same byte by byte", () => {
    const stream = Buffer.concat([frameOf(1, 7, Buffer.from("abcd")), HEARTBEAT_FRAME]);
    const sink = new CollectingSink();
    const reader = aReader();

    for (let i = 0; i < stream.length; i++) reader.push(stream.subarray(i, i + 1), sink);

    expect(sink.frames).toEqual([
      { type: 1, channel: 7, payload: Buffer.from("abcd") },
      { type: 8, channel: 0, payload: Buffer.alloc(0) },
    ]);
  });

  it("are handed over in place when the chunk holds them whole", () => {
    const chunk = frameOf(1, 1, Buffer.from("abcd"));
    const sink = new CollectingSink();

    aReader().push(chunk, sink);

    expect(sink.buffers).toEqual([chunk]);
    expect(sink.buffers[0]).toBe(chunk);
  });

  it("wait while paused, and come one by one", () => {
    const sink = new CollectingSink(() => true);
    const reader = aReader();

    reader.push(Buffer.concat([frameOf(3, 1, hex("01")), frameOf(3, 2, hex("02"))]), sink);
    reader.push(frameOf(3, 3, hex("03")), sink);
    const first = sink.frames.length;
    reader.resume(sink);

    expect([first, sink.frames.length]).toEqual([1, 2]);
    expect([reader.isPaused, reader.isIdle]).toEqual([true, false]);
  });
});

describe("frames that may not be", () => {
  it("end with something else than 0xCE: 501 (AMQP 0-9-1 §4.2.3)", () => {
    expect(refuse(hex("01 0001 00000001 00 cf"))).toMatchObject({ replyCode: 501, scope: "connection" });
  });

  it("are larger than agreed: 501 before anything of the payload came (AMQP 0-9-1 §4.2.3)", () => {
    expect(refuse(hex("03 0001 00000ff9"), SMALLEST_FRAME_MAX)).toMatchObject({ replyCode: 501 });
    expect(refuse(hex("03 0001 00000ff8"), SMALLEST_FRAME_MAX)).toBeUndefined();
    expect(refuse(hex("03 0001 ffffffff"))).toMatchObject({ replyCode: 501 });
  });

  it("are larger than 4096 before anything else is agreed", () => {
    const reader = new FrameReader("server");

    expect(amqpErrorOf(() => reader.push(hex("01 0000 00000ff9"), new CollectingSink()))).toMatchObject({
      replyCode: 501,
    });
  });

  it("are of a type nobody knows: 501", () => {
    expect(refuse(hex("04 0001 00000000"))).toMatchObject({ replyCode: 501 });
  });

  it("are heartbeats with a channel, 505, or with a payload, 501 (AMQP 0-9-1 §4.2.7)", () => {
    expect(refuse(hex("08 0001 00000000"))).toMatchObject({ replyCode: 505 });
    expect(refuse(hex("08 0000 00000001"))).toMatchObject({ replyCode: 501 });
  });

  it("are content on channel 0: 505 (AMQP 0-9-1 §4.2.3)", () => {
    expect(refuse(hex("02 0000 00000001"))).toMatchObject({ replyCode: 505 });
    expect(refuse(hex("03 0000 00000001"))).toMatchObject({ replyCode: 505 });
  });

  it("make the reader drop all that follows", () => {
    const reader = aReader();
    const sink = new CollectingSink();
    amqpErrorOf(() => reader.push(hex("04 0001 00000000"), sink));

    reader.push(HEARTBEAT_FRAME, sink);

    expect(sink.frames).toEqual([]);
  });

  it("reserve no memory for a size that was only announced", () => {
    const reader = aReader(Number.POSITIVE_INFINITY);
    const before = process.memoryUsage().arrayBuffers;

    reader.push(Buffer.concat([hex("03 0001 7fffffff"), Buffer.alloc(10)]), new CollectingSink());

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(LARGE);
  });
});

describe("the protocol header (AMQP 0-9-1 §4.2.2)", () => {
  it("is AMQP 0 0 9 1, and frames follow it", () => {
    const reader = new FrameReader();
    const sink = new CollectingSink();

    reader.push(Buffer.concat([PROTOCOL_HEADER, HEARTBEAT_FRAME]), sink);

    expect(PROTOCOL_HEADER).toEqual(hex("41 4d 51 50 00 00 09 01"));
    expect([sink.headers, sink.frames.length]).toEqual([[true], 1]);
  });

  it("may come byte by byte", () => {
    const reader = new FrameReader();
    const sink = new CollectingSink();

    for (const byte of PROTOCOL_HEADER) reader.push(Buffer.from([byte]), sink);

    expect(sink.headers).toEqual([true]);
  });

  for (const [what, bytes] of [
    ["AMQP 1.0", hex("41 4d 51 50 00 01 00 00")],
    ["AMQP 1.0 with SASL", hex("41 4d 51 50 03 01 00 00")],
    ["AMQP 0-8", hex("41 4d 51 50 01 01 08 00")],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
    ["TLS", hex("16 03 01")],
    ["MQTT", hex("10 10 00 04 4d 51 54 54")],
  ] as const) {
    it(`is not that of ${what}: told once, at the first wrong byte, and all else is dropped`, () => {
      const reader = new FrameReader();
      const sink = new CollectingSink();

      reader.push(bytes, sink);
      reader.push(Buffer.concat([PROTOCOL_HEADER, HEARTBEAT_FRAME]), sink);

      expect([sink.headers, sink.frames]).toEqual([[false], []]);
    });
  }
});
