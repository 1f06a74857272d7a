import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../simulation/random.ts";
import { acknowledgedBy, expectProgress } from "../failing-disk/failing-store.ts";
import { SMALL_FILES } from "../power-loss/recorder.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { createLoad, openSleepers, SLEEPERS } from "../support/sleepers.ts";
import { damage } from "./mutations.ts";

const OPEN_FOLDER = fileURLToPath(new URL("./open-folder.js", import.meta.url));
const PATIENCE_MS = 30_000;
const { DAMAGES = "100", DAMAGE_SEED, REPORT } = process.env;

describe("a data folder with a damaged file", () => {
  let broker: KillableBroker;
  let acknowledged: ReadonlyMap<string, number>;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-damage-"));
    broker = await KillableBroker.create();
    await broker.start({}, [SMALL_FILES]);
    await openSleepers(broker);
    const publishers = createLoad({ port: broker.tcpPort, window: 8, payloadBytes: 700 });
    for (const publisher of publishers) await publisher.connect();
    for (const publisher of publishers) publisher.start();
    await expectProgress(publishers, 800);
    await broker.kill();
    acknowledged = acknowledgedBy(publishers);
  });
  afterAll(async () => {
    await broker?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it("is opened with all its records, or what is lost is told, or it is refused with the way out", {
    timeout: 120_000 + Number(DAMAGES) * 1000,
  }, async () => {
    const seed = Number(DAMAGE_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const random = new Random(seed);
    const outcomes = { sound: 0, earlier: 0, told: 0, refused: 0, ended: 0 };
    const faults: string[] = [];

    for (let n = 0; n < Number(DAMAGES); n++) {
      const copy = join(folder, "data");
      await cp(broker.dataFolder, copy, { recursive: true });
      const what = await damage(join(copy, "store"), random);
      const outcome = judge(copy, acknowledged);
      const isPossible = outcome in outcomes && isExplained(outcome, what);
      if (isPossible) outcomes[outcome as keyof typeof outcomes]++;
      else faults.push(`${what}: ${outcome}`);
      await rm(copy, { recursive: true });
    }

    expect(faults, `seed ${seed}`).toEqual([]);
    expect(outcomes.refused).toBeGreaterThan(0);
    if (REPORT === "1") process.stderr.write(`seed ${seed} ${JSON.stringify(outcomes)}\n`);
  });
});

function isExplained(outcome: string, what: string): boolean {
  if (outcome === "earlier") return what.includes(".log: ");
  return outcome !== "ended" || what.includes(".ldb: ");
}

interface Found {
  readonly error?: { readonly isTyped: boolean; readonly message: string };
  readonly corrupt: readonly string[];
  readonly queues: readonly FoundQueue[];
}

interface FoundQueue {
  readonly name: string;
  readonly count: number;
  readonly entries: readonly (readonly [topicName: string, sequence: number])[];
}

/**
 * What became of the folder, or a text of its own when that must not be. "earlier": as if the last changes had not been
 * made, which is what a log that ends early looks like after power was lost, too. "ended": LevelDB ended the process,
 * over keys of a damaged table that are not in order when it merges tables.
 */
function judge(folder: string, acknowledged: ReadonlyMap<string, number>): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [OPEN_FOLDER, folder], {
    encoding: "utf8",
    timeout: PATIENCE_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) return /leveldb.*Assertion/.test(stderr) ? "ended" : `ended with ${status}: ${stderr}`;
  const { error, corrupt, queues }: Found = JSON.parse(stdout);
  if (error !== undefined) {
    const isClear = error.message.includes(folder) && error.message.includes("causeway doctor");
    return error.isTyped && isClear ? "refused" : `does not help: ${error.message}`;
  }
  if (corrupt.length > 0 || queues.some(({ count, entries }) => count !== entries.length)) return "told";
  return judgeQueues(queues, acknowledged);
}

function judgeQueues(queues: readonly FoundQueue[], acknowledged: ReadonlyMap<string, number>): string {
  let outcome = "sound";
  for (const id of SLEEPERS) {
    const last = new Map<string, number>();
    for (const [topicName, sequence] of queues.find(({ name }) => name === `session/${id}`)?.entries ?? []) {
      const before = last.get(topicName) ?? 0;
      if (sequence !== before + 1) return `lost in silence: ${id}: ${topicName}: ${sequence} after ${before}`;
      last.set(topicName, sequence);
    }
    for (const [topicName, sequence] of acknowledged) {
      if ((last.get(topicName) ?? 0) < sequence) outcome = "earlier";
    }
  }
  return outcome;
}
