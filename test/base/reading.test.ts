import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Parser, Reading } from "../../src/base/reading.ts";
import { MemoryStream } from "../support/memory-stream.ts";

const ONE = 1;
const OTHER = 2;

/** Hands on whole chunks; a sink that returns false is left alone. */
class ChunkParser implements Parser<(chunk: string) => boolean> {
  isPaused = false;
  readonly #unread: string[] = [];

  push(chunk: Buffer, sink: (chunk: string) => boolean): void {
    this.#unread.push(chunk.toString());
    if (!this.isPaused) this.resume(sink);
  }

  resume(sink: (chunk: string) => boolean): void {
    this.isPaused = false;
    while (!this.isPaused && this.#unread.length > 0) this.isPaused = !sink(this.#unread.shift() as string);
  }
}

/** What a connection sees; `refused` is what its sink fails on. */
function setUp({ refused }: { refused?: string } = {}) {
  const stream = new MemoryStream(() => {});
  const seen: string[] = [];
  const reading: Reading<1 | 2> = new Reading(stream, new ChunkParser(), {
    sink: (chunk: string) => {
      if (chunk === refused) throw new Error(`not ${chunk}`);
      seen.push(chunk);
      return !reading.isHeld;
    },
    resumed: () => seen.push("resumed"),
    failed: (error) => seen.push((error as Error).message),
  });
  const push = (...chunks: string[]): void => {
    for (const chunk of chunks) reading.push(Buffer.from(chunk));
  };
  return { stream, seen, reading, push };
}

describe("the reading half of a connection", () => {
  it("hands on what comes, and holds the rest back from the next chunk on", () => {
    const { stream, seen, reading, push } = setUp();

    push("a");
    reading.hold(ONE);
    push("b", "c");

    expect(seen).toEqual(["a", "b"]);
    expect(stream.isReading).toBe(false);
    expect([reading.isHeld, reading.isHeldFor(ONE), reading.isHeldFor(OTHER)]).toEqual([true, true, false]);
  });

  it("goes on in a turn of its own once the last reason is gone", async () => {
    const { stream, seen, reading, push } = setUp();
    reading.hold(ONE);
    reading.hold(OTHER);
    push("a", "b");

    reading.release(ONE);
    await nextTurn();
    expect(stream.isReading).toBe(false);

    reading.release(OTHER);
    expect(seen).toEqual(["a"]);
    await nextTurn();
    expect(seen).toEqual(["a", "resumed", "b"]);
    expect(stream.isReading).toBe(true);
  });

  it("stays held when a reason comes up again before that turn", async () => {
    const { stream, seen, reading, push } = setUp();
    reading.hold(ONE);
    push("a", "b");

    reading.release(ONE);
    reading.hold(OTHER);
    await nextTurn();

    expect(seen).toEqual(["a"]);
    expect(stream.isReading).toBe(false);
  });

  it("reads to the end past every reason, also those to come", async () => {
    const { stream, seen, reading, push } = setUp();
    reading.hold(ONE);
    push("a", "b");

    reading.readToTheEnd();
    reading.hold(OTHER);
    await nextTurn();

    expect(seen).toEqual(["a", "resumed", "b"]);
    expect(stream.isReading).toBe(true);
  });

  it("reads nothing more when it was closed meanwhile", async () => {
    const { stream, seen, reading, push } = setUp();
    reading.hold(ONE);
    push("a", "b");

    reading.release(ONE);
    reading.close();
    await nextTurn();

    expect(seen).toEqual(["a"]);
    expect(stream.isReading).toBe(false);
  });

  it("reports what fails, at once and after a pause", async () => {
    const { seen, reading, push } = setUp({ refused: "b" });

    push("b");
    reading.hold(ONE);
    push("a", "b");
    reading.release(ONE);
    await nextTurn();

    expect(seen).toEqual(["not b", "a", "resumed", "not b"]);
  });
});
