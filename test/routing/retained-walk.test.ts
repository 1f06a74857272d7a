import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TopicName, toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import { filterMatches } from "../../src/base/topic-filter.ts";
import { RetainedIndex } from "../../src/routing/retained-index.ts";
import type { RetainedBodies, RetainedWalk } from "../../src/routing/retained-walk.ts";
import { filter, topicFilters, topicNames } from "./topic-names.ts";

const LARGE_BYTES = 4097;
const MIB = 1024 * 1024;

function aRetained(topicName: string, text: string, bytes: number): Message {
  return {
    topicName: topicName as TopicName,
    payload: Buffer.from(text.padEnd(bytes, ".")),
    qos: 1,
    retain: true,
    properties: undefined,
    publisherId: toClientId("sensor"),
    receivedAt: 1,
    expiresAt: 0,
    envelope: undefined,
  };
}

/** A disk beside an index; reads end when the test says so. */
class Shelf implements RetainedBodies {
  readonly stored = new Map<string, Message>();
  readonly index = new RetainedIndex(this);
  readonly reads: string[][] = [];
  #end: ((how: "read" | "failed") => void) | undefined;

  set(topicName: string, text: string, bytes = LARGE_BYTES): void {
    const message = aRetained(topicName, text, bytes);
    this.stored.set(topicName, message);
    this.index.set(message);
  }

  clear(topicName: string): void {
    this.stored.delete(topicName);
    this.index.delete(topicName as TopicName);
  }

  /** What is there when the read begins. */
  readRetained(topicNames: readonly TopicName[]): Promise<(Message | undefined)[]> {
    const messages = topicNames.map((name) => this.stored.get(name));
    this.reads.push([...topicNames]);
    return new Promise((resolve, reject) => {
      this.#end = (how) => (how === "read" ? resolve(messages) : reject(new Error("no disk")));
    });
  }

  async end(walk: RetainedWalk, how: "read" | "failed" = "read"): Promise<void> {
    const { loading } = walk;
    this.#end?.(how);
    await loading?.catch(() => {});
  }
}

function textsOf(messages: readonly Message[]): string[] {
  return messages.map(({ topicName, payload }) => `${topicName}=${payload.toString().replace(/\.+$/, "")}`);
}

async function takeAll(shelf: Shelf, walk: RetainedWalk, limit = 100): Promise<Message[]> {
  const taken: Message[] = [];
  while (!walk.isDone) {
    taken.push(...walk.next(limit));
    await shelf.end(walk);
  }
  return taken;
}

describe("a walk over retained messages on disk", () => {
  it("keeps of a large one its place, size and times in memory, and brings all of it", async () => {
    const shelf = new Shelf();
    shelf.set("a", "large", LARGE_BYTES);

    expect(shelf.index.get("a" as TopicName)).toBeUndefined();
    expect([shelf.index.size, shelf.index.bytes]).toEqual([1, 1 + LARGE_BYTES]);
    expect(await takeAll(shelf, shelf.index.matching(filter("#")))).toEqual([shelf.stored.get("a")]);
  });

  it("reads nothing for small ones", async () => {
    const shelf = new Shelf();
    shelf.set("a", "small", LARGE_BYTES - 1);

    const messages = shelf.index.matching(filter("#")).next(10);

    expect(messages).toEqual([shelf.stored.get("a")]);
    expect(shelf.reads).toEqual([]);
  });

  it("hands out small and large ones in one order, whatever the slice", async () => {
    const shelf = new Shelf();
    const memory = new RetainedIndex();
    for (let i = 0; i < 50; i++) {
      shelf.set(`t/${i}`, `${i}`, i % 3 === 0 ? LARGE_BYTES : 10);
      memory.set(shelf.stored.get(`t/${i}`)!);
    }
    const expected = textsOf(memory.matching(filter("t/#")).next(100));

    for (const limit of [1, 7, 100]) {
      expect(textsOf(await takeAll(shelf, shelf.index.matching(filter("t/#")), limit))).toEqual(expected);
    }
  });

  it("reads a bounded number of bytes at a time, one read after the other", async () => {
    const shelf = new Shelf();
    for (let i = 0; i < 20; i++) shelf.set(`t/${i}`, `${i}`, 300 * 1024);
    shelf.set("t/huge", "huge", 3 * MIB);

    await takeAll(shelf, shelf.index.matching(filter("t/#")));

    const sizes = shelf.reads.map((names) =>
      names.reduce((sum, name) => sum + shelf.stored.get(name)!.payload.length, 0),
    );
    expect(shelf.reads.flat()).toHaveLength(21);
    for (const [i, size] of sizes.entries()) {
      if (shelf.reads[i]!.length > 1) expect(size).toBeLessThanOrEqual(MIB);
    }
  });

  it("brings what a message is replaced with while it is read, and leaves out what is cleared", async () => {
    const shelf = new Shelf();
    for (const name of ["a", "b", "c", "d"]) shelf.set(name, "old");
    const walk = shelf.index.matching(filter("+"));
    expect(walk.next(10)).toEqual([]);

    shelf.set("a", "new");
    shelf.set("b", "small now", 10);
    shelf.clear("c");
    await shelf.end(walk);

    expect(textsOf(await takeAll(shelf, walk))).toEqual(["a=new", "b=small now", "d=old"]);
  });

  it("leaves out a message that is replaced during each of several reads: its receiver gets every new one", async () => {
    const shelf = new Shelf();
    shelf.set("a", "0");
    shelf.set("b", "still");
    const walk = shelf.index.matching(filter("+"));
    const taken: Message[] = [];

    for (let i = 1; !walk.isDone; i++) {
      taken.push(...walk.next(10));
      if (!walk.isDone) shelf.set("a", `${i}`);
      await shelf.end(walk);
    }

    expect(textsOf(taken)).toEqual(["b=still"]);
    expect(shelf.reads.length).toBeLessThan(8);
  });

  it("leaves out what the store does not have", async () => {
    const shelf = new Shelf();
    shelf.set("a", "damaged");
    shelf.set("b", "whole");
    shelf.stored.delete("a");

    expect(textsOf(await takeAll(shelf, shelf.index.matching(filter("+"))))).toEqual(["b=whole"]);
  });

  it("reads again after failures, however many, and loses nothing", async () => {
    const shelf = new Shelf();
    shelf.set("a", "large");
    const walk = shelf.index.matching(filter("+"));

    for (let i = 0; i < 20; i++) {
      expect(walk.next(10)).toEqual([]);
      await shelf.end(walk, "failed");
      expect(walk.isDone).toBe(false);
    }

    expect(textsOf(await takeAll(shelf, walk))).toEqual(["a=large"]);
  });

  it("brings each topic that stays once, as it is then, while others come, go and are replaced", async () => {
    const large = fc.boolean();
    const change = fc.record({ name: topicNames, sets: fc.boolean(), large });
    const turns = fc.array(fc.array(change, { maxLength: 6 }), { minLength: 1, maxLength: 12 });
    const start = fc.uniqueArray(fc.record({ name: topicNames, large }), {
      maxLength: 20,
      selector: (s) => s.name,
    });
    await fc.assert(
      fc.asyncProperty(
        start,
        topicFilters,
        turns,
        fc.integer({ min: 1, max: 5 }),
        async (names, wanted, changes, limit) => {
          const shelf = new Shelf();
          let version = 0;
          const set = (name: string, isLarge: boolean): void =>
            shelf.set(name, `${++version}`, isLarge ? LARGE_BYTES : 10);
          for (const one of names) set(one.name, one.large);
          const staying = new Set(
            names.map(({ name }) => name).filter((name) => filterMatches(wanted, name)),
          );
          const returned: string[] = [];
          const walk = shelf.index.matching(wanted);

          for (let turn = 0; !walk.isDone; turn++) {
            for (const message of walk.next(limit)) {
              returned.push(message.topicName);
              expect(message).toEqual(shelf.stored.get(message.topicName));
            }
            for (const { name, sets, large: isLarge } of changes[turn] ?? []) {
              if (sets) set(name, isLarge);
              else {
                shelf.clear(name);
                staying.delete(name);
              }
            }
            await shelf.end(walk);
          }

          expect(returned.filter((name) => !filterMatches(wanted, name as TopicName))).toEqual([]);
          for (const name of staying)
            expect(returned.filter((one) => one === name).length).toBeLessThanOrEqual(1);
          const replaced = new Set(changes.flat().map(({ name }) => name));
          for (const name of staying) if (!replaced.has(name)) expect(returned).toContain(name);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
