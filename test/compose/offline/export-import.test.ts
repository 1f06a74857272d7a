import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { exportFolder, importFile, importLines } from "../../../src/compose/offline/export-import.ts";
import type { NumberedLine } from "../../../src/compose/offline/line-files.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { MemoryStore } from "../../../src/storage/memory/memory-store.ts";
import { removeFolder, temporaryFolder } from "../../storage/level/temporary-folder.ts";
import { aMessage, anEntry, aQueue, aSession, Loaded } from "../../storage/samples.ts";
import { readState } from "./states.ts";

const DOCUMENTED = /```jsonl\n([\s\S]*?)```/.exec(await readFile("docs/export-format.md", "utf8"))?.[1] ?? "";
const LINES = DOCUMENTED.trimEnd().split("\n");

/** Fields that the tests below change. */
type AnyLine = Partial<
  Record<
    | "type"
    | "version"
    | "format"
    | "size"
    | "user"
    | "nextSeq"
    | "qos"
    | "topicFilter"
    | "clientId"
    | "packetId"
    | "value"
    | "message"
    | "will"
    | "queue"
    | "seq",
    unknown
  >
>;

describe("export and import", () => {
  let folder: string;
  let data: string;
  let file: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    data = join(folder, "data");
    file = join(folder, "export.jsonl");
  });
  afterEach(() => removeFolder(folder));

  async function fill(lines: readonly string[]): Promise<number> {
    await writeFile(file, lines.join("\n"));
    return importFile(data, file);
  }

  /** The documented example with one line changed. */
  function withLine(type: string, change: (line: AnyLine) => void): string[] {
    const at = LINES.findIndex((line) => line.startsWith(`{"type":"${type}"`));
    const line = JSON.parse(LINES[at] as string);
    change(line);
    return LINES.with(at, JSON.stringify(line));
  }

  it("write the documented example again as it was read", async () => {
    const again = join(folder, "again.jsonl");

    expect(await fill(LINES)).toBe(10);
    await exportFolder(data, again);

    expect((await readFile(again, "utf8")).split("\n")).toEqual([...LINES, ""]);
  });

  /** Comparing megabytes byte by byte takes minutes. */
  async function digestsOf(state: string): Promise<string[]> {
    const { entries } = (await readState(state)) as { entries: { message: { payload: Buffer } }[] };
    return entries.map(({ message }) => createHash("sha256").update(message.payload).digest("hex"));
  }

  it("bring back messages that several queues share, also when there are more than fit into memory", async () => {
    const first = aQueue({ id: 1, slot: 1, name: "first", headSeq: 0 });
    const second = aQueue({ id: 2, slot: 2, name: "second", headSeq: 0 });
    const store = new LevelStore({ folder: data, sync: false }, silentLogger);
    await store.open(new Loaded());
    for (let seq = 0; seq < 9; seq++) {
      const message = aMessage({ payload: Buffer.alloc(4 * 1024 * 1024, `body ${seq}`) });
      const body = { slot: 1, queueId: 1, seq, references: 0, stored: false };
      for (const queue of [first, second]) store.putEntry(queue, anEntry(seq, { message, body }));
      await store.commit();
    }
    for (const queue of [first, second])
      store.putQueue({ ...queue, nextSeq: 9, count: 9, bytes: 9 * (4 * 1024 * 1024 + 64) });
    await store.commit();
    await store.close();
    const copy = join(folder, "copy");

    await exportFolder(data, file);
    await importFile(copy, file);

    expect((await stat(file)).size).toBeLessThan(9 * 6 * 1024 * 1024); // each once, as base64
    expect(await digestsOf(copy)).toHaveLength(18);
    expect(await digestsOf(copy)).toEqual(await digestsOf(data));
  }, 60_000);

  it("refuse a file that is there, and a folder without a store", async () => {
    await fill(LINES);

    await expect(exportFolder(data, file)).rejects.toMatchObject({ code: "STORAGE_UNWRITABLE" });
    expect((await readFile(file, "utf8")).split("\n")).toEqual(LINES);

    await mkdir(join(folder, "none"));
    await expect(exportFolder(join(folder, "none"), "x.jsonl")).rejects.toMatchObject({
      code: "STORAGE_MISSING",
    });
    expect(existsSync("x.jsonl")).toBe(false);
    expect(await readdir(join(folder, "none"))).toEqual([]);
  });

  it("write a file that only its owner may read", async () => {
    await fill(LINES);
    const again = join(folder, "again.jsonl");

    await exportFolder(data, again);

    expect((await stat(again)).mode & 0o777).toBe(0o600);
  });

  it("refuse a folder that a broker uses, and say what to do", async () => {
    const running = new LevelStore({ folder: data, sync: false }, silentLogger);
    await running.open(new Loaded());

    await expect(fill(LINES)).rejects.toThrow(`The data folder ${data} is in use by a broker: stop it first`);
    await expect(exportFolder(data, join(folder, "x"))).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    await running.close();
  });

  it("refuse a folder that holds something, and leave it alone", async () => {
    await fill(LINES);
    const before = await readState(data);

    await expect(importFile(data, file)).rejects.toMatchObject({ code: "STORAGE_NOT_EMPTY" });

    expect(await readState(data)).toEqual(before);
  });

  it("report what was damaged, and export the rest", async () => {
    const store = new LevelStore({ folder: data, sync: false }, silentLogger);
    await store.open(new Loaded());
    store.putSession(aSession("a"));
    store.putReceived(5, "b" as never, 1);
    await store.commit();
    await store.close();

    const report = await exportFolder(data, file);

    expect(report).toEqual({ records: 1, damaged: ["received id of b: there is no such session"] });
  });

  it("can be run again after an import that failed", async () => {
    await expect(fill(LINES.slice(0, -1))).rejects.toThrow(`${file}:11: the file was cut off`);
    expect(await readState(data)).toMatchObject({ sessions: [], queues: [], retained: [], entries: [] });
    expect(await readdir(data)).toEqual(["store"]);

    expect(await fill(LINES)).toBe(10);
  });

  it("can be run again after an import that was killed", async () => {
    await mkdir(join(data, "importing", "store"), { recursive: true });
    await writeFile(join(data, "importing", "store", "CURRENT"), "half");

    expect(await fill(LINES)).toBe(10);
    expect(await readdir(data)).toEqual(["store"]);
  });

  it.each([
    ["no JSON", LINES.with(2, "{"), "3: not JSON"],
    ["a list", LINES.with(2, "[]"), "3: not an object"],
    ["no header", LINES.slice(1), "1: type: the header is the first line"],
    ["a second header", [LINES[0], ...LINES], "2: type: the header is the first line"],
    ["a line after the end", [...LINES, LINES[1]], "13: type: nothing comes after the end"],
    ["a line less than were written", LINES.toSpliced(5, 1), "11: records: 10 were written, 9 are here"],
    ["nothing", [], "the input: the file was cut off"],
    [
      "a newer version",
      withLine("header", (line) => (line.version = 2)),
      "1: version: this broker reads version 1",
    ],
    [
      "another format",
      withLine("header", (line) => (line.format = "x")),
      "1: format: must be causeway-export",
    ],
    ["an unknown type", withLine("queue", (line) => (line.type = "x")), '2: type: there is no "x"'],
    [
      "an unknown field",
      withLine("queue", (line) => (line.size = 1)),
      "2: size: is not a field of this line",
    ],
    ["a number for a text", withLine("session", (line) => (line.user = 1)), "4: user: must be text"],
    [
      "a text for a number",
      withLine("queue", (line) => (line.nextSeq = "9")),
      "2: nextSeq: must be a whole number",
    ],
    [
      "QoS 3",
      withLine("subscription", (line) => (line.qos = 3)),
      "5: qos: must be a whole number from 0 to 2",
    ],
    [
      "no filter",
      withLine("subscription", (line) => (line.topicFilter = "a/#/b")),
      "5: topicFilter: is not a topic filter",
    ],
    [
      "no shared filter",
      withLine("subscription", (line) => (line.topicFilter = "$share/#")),
      "5: topicFilter: is not a topic filter",
    ],
    [
      "a session not known",
      withLine("subscription", (line) => (line.clientId = "x")),
      '5: clientId: no line before has a session "x"',
    ],
    [
      "a session twice",
      LINES.toSpliced(4, 0, LINES[3] as string),
      '5: clientId: there is a session "anna" already',
    ],
    [
      "a queue twice",
      LINES.toSpliced(2, 0, LINES[1] as string),
      '3: name: there is a queue "bridge/lake/0" already',
    ],
    [
      "packet id 0",
      withLine("received", (line) => (line.packetId = 0)),
      "6: packetId: must be a whole number from 1",
    ],
    ["no base64", withLine("definition", (line) => (line.value = "AQI")), "7: value: must be base64"],
    [
      "a payload that is no base64",
      withLine("retained", (line) => ((line.message as { payload: string }).payload = "_")),
      "8: message.payload: must be base64",
    ],
    [
      "an empty retained message",
      withLine("retained", (line) => ((line.message as { payload: string }).payload = "")),
      "8: message.payload: is empty",
    ],
    [
      "a topic with a wildcard",
      withLine("retained", (line) => ((line.message as { topicName: string }).topicName = "#")),
      "8: message.topicName: is not a topic name",
    ],
    ["a will that is none", withLine("session", (line) => (line.will = 1)), "4: will: not an object"],
    [
      "an unknown queue",
      withLine("message", (line) => (line.queue = "x")),
      '9: queue: no line before declares "x"',
    ],
    [
      "a place beyond the queue's",
      withLine("message", (line) => (line.seq = 9)),
      "9: seq: must be below nextSeq of its queue, 1",
    ],
    [
      "a place that was there",
      LINES.with(10, (LINES[10] as string).replace('"seq":8', '"seq":6')),
      "11: seq: must be above that of the message before, 6",
    ],
    ["no message", LINES.with(9, (LINES[9] as string).replace("true}", "false}")), "10: message: is missing"],
    [
      "a body not known",
      LINES.with(10, (LINES[10] as string).replace('"body":1', '"body":2')),
      "11: body: no line before has the message of 2",
    ],
  ])("refuse %s and name the line", async (_what, lines, message) => {
    const store = new MemoryStore();
    const importing = importLines(numbered(lines as string[]), store);

    await expect(importing).rejects.toMatchObject({ code: "INPUT" });
    await expect(importing).rejects.toThrow(message);
  });
});

async function* numbered(lines: readonly string[]): AsyncGenerator<NumberedLine> {
  for (const [i, text] of lines.entries()) yield { text, place: `line ${i + 1}` };
}
