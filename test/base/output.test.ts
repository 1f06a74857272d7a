import { describe, expect, it } from "vitest";
import { BY_REFERENCE_BYTES, Flusher, Output } from "../../src/base/output.ts";
import { MemoryStream } from "../support/memory-stream.ts";

/** A stream that keeps the buffers it was given beside copies of what they held then. */
class RecordingStream extends MemoryStream {
  readonly given: Buffer[] = [];
  readonly copies: Buffer[] = [];
  readonly calls: ("cork" | "write" | "uncork")[] = [];

  constructor() {
    super(() => {});
  }

  override write(bytes: Buffer): void {
    this.calls.push("write");
    this.given.push(bytes);
    this.copies.push(Buffer.from(bytes));
  }

  override cork(): void {
    this.calls.push("cork");
  }

  override uncork(): void {
    this.calls.push("uncork");
  }

  get written(): Buffer {
    return Buffer.concat(this.copies);
  }
}

function anOutput(): { output: Output; stream: RecordingStream; counters: { bytesSent: number } } {
  const stream = new RecordingStream();
  const counters = { bytesSent: 0 };
  return { output: new Output(stream, new Flusher({ now: () => 0 }), counters), stream, counters };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("Output", () => {
  it("writes what one turn of the event loop brought at once", async () => {
    const { output, stream } = anOutput();

    output.write(Buffer.from("one "));
    output.write(Buffer.from("two"));
    expect(stream.given).toEqual([]);
    await turn();

    expect(stream.copies.map(String)).toEqual(["one two"]);
  });

  it("fills its chunk again and again while the stream takes all at once", async () => {
    const { output, stream } = anOutput();

    for (let round = 0; round < 300; round++) {
      output.write(Buffer.from(`${round},`));
      await turn();
    }

    expect(stream.written.toString()).toBe(Array.from({ length: 300 }, (_, i) => `${i},`).join(""));
    expect(new Set(stream.given.map(({ byteOffset }) => byteOffset)).size).toBe(1);
  });

  it("fills its chunk again when the stream has caught up", async () => {
    const { output, stream } = anOutput();
    const chunk = output.reserve(1);
    stream.bufferedBytes = 1;
    output.write(Buffer.alloc(chunk.length, "a"));
    await turn();

    stream.bufferedBytes = 0;
    output.write(Buffer.from("b"));
    await turn();

    expect(stream.given.map(({ byteOffset }) => byteOffset)).toEqual([chunk.byteOffset, chunk.byteOffset]);
  });

  it("never touches bytes that the stream has not let go of", async () => {
    const { output, stream } = anOutput();
    stream.bufferedBytes = 1;
    let expected = "";

    for (let round = 0; round < 300; round++) {
      const text = `${round},`.repeat(1 + (round % 40));
      for (let i = 0; i <= round % 5; i++) {
        output.write(Buffer.from(text));
        expected += text;
      }
      await turn();
    }

    expect(stream.written.toString()).toBe(expected);
    expect(stream.given.every((bytes, i) => bytes.equals(stream.copies[i] as Buffer))).toBe(true);
  });

  it("keeps the order of what is copied and what goes by reference, in one corked write", async () => {
    const { output, stream } = anOutput();
    const large = Buffer.alloc(BY_REFERENCE_BYTES, "L");

    output.write(Buffer.from("a"));
    output.reference(large);
    output.write(Buffer.from("b"));
    output.reference(large);
    output.reference(large);
    output.write(Buffer.from("c"));
    await turn();

    expect(stream.written).toEqual(
      Buffer.concat([Buffer.from("a"), large, Buffer.from("b"), large, large, Buffer.from("c")]),
    );
    expect(stream.given[1]).toBe(large);
    expect(stream.calls).toEqual(["cork", ...new Array(6).fill("write"), "uncork"]);
  });

  it("makes room for a packet larger than any chunk", async () => {
    const { output, stream } = anOutput();
    const large = Buffer.alloc(200_000, "x");

    output.write(Buffer.from("a"));
    const room = output.reserve(large.length);
    large.copy(room, output.position);
    output.advance(output.position + large.length);
    output.write(Buffer.from("b"));
    await turn();

    expect(stream.written.toString()).toBe(`a${large}b`);
  });

  it("does not wait for the end of the turn once 512 KiB have come together", async () => {
    const { output, stream } = anOutput();
    const payload = Buffer.alloc(100_000, "x");

    for (let i = 0; i < 7; i++) output.reference(payload);
    const early = stream.written.length;
    await turn();

    expect(early).toBe(600_000);
    expect(stream.written.length).toBe(700_000);
  });

  it("writes everything once although it was flushed early several times in a turn", async () => {
    const { output, stream } = anOutput();
    let expected = "";

    for (let i = 0; i < 40_000; i++) {
      const text = `${i};`.padEnd(60, ".");
      output.write(Buffer.from(text));
      expected += text;
    }
    await turn();
    await turn();

    expect(stream.written.toString()).toBe(expected);
  });

  it("grows its chunk when a turn brings much, and gives it back when turns bring little", async () => {
    const { output, stream } = anOutput();
    const packet = Buffer.alloc(100, "x");
    const capacity = (): number => output.reserve(1).length;
    const initial = capacity();

    for (let i = 0; i < 5_000; i++) output.write(packet);
    await turn();
    expect(capacity()).toBe(64 * 1024);
    for (let i = 0; i < 200; i++) {
      output.write(packet);
      await turn();
    }

    expect(capacity()).toBeLessThanOrEqual(8 * initial);
    expect(stream.written.length).toBe(5_200 * 100);
  });

  it("counts the bytes it hands over", async () => {
    const { output, stream, counters } = anOutput();

    output.write(Buffer.from("one"));
    await turn();
    output.write(Buffer.from("two"));
    output.reference(Buffer.alloc(20_000));
    await turn();

    expect(counters.bytesSent).toBe(20_006);
    expect(stream.written.length).toBe(20_006);
  });

  it("writes nothing after it was closed", async () => {
    const { output, stream } = anOutput();

    output.write(Buffer.from("late"));
    output.close();
    await turn();

    expect(stream.given).toEqual([]);
  });

  it("goes on with its turn when so much came that part of it left early", async () => {
    const { output, stream } = anOutput();
    const large = Buffer.alloc(300 * 1024, "x");

    for (let i = 0; i < 4; i++) output.reference(large);
    const early = stream.given.length;
    output.write(Buffer.from("the rest"));
    await turn();
    output.write(Buffer.from("later"));
    await turn();

    expect(early).toBeGreaterThan(0);
    expect(stream.written.length).toBe(4 * large.length + "the rest".length + "later".length);
  });

  it("leaves with the end of the event that brought it, not before", () => {
    const stream = new RecordingStream();
    const flusher = new Flusher({ now: () => 1 });
    const output = new Output(stream, flusher, { bytesSent: 0 });

    flusher.begin(2);
    output.write(Buffer.from("a"));
    output.write(Buffer.from("b"));
    expect(stream.given).toEqual([]);
    flusher.end();

    expect(stream.copies.map(String)).toEqual(["ab"]);
  });
});
