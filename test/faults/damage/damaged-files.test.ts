import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StorageError } from "../../../src/base/errors.ts";
import { Random } from "../../simulation/random.ts";
import { acknowledgedBy, expectProgress } from "../failing-disk/failing-store.ts";
import { SMALL_FILES } from "../power-loss/recorder.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { queueFaults } from "../support/queue-faults.ts";
import { createLoad, openSleepers, SLEEPERS } from "../support/sleepers.ts";
import { StoredState } from "../support/stored-state.ts";
import { damage } from "./mutations.ts";

const { DAMAGES = "150", DAMAGE_SEED, REPORT } = process.env;

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
    const outcomes = { sound: 0, earlier: 0, told: 0, refused: 0 };
    const faults: string[] = [];

    for (let n = 0; n < Number(DAMAGES); n++) {
      const copy = join(folder, "data");
      await cp(broker.dataFolder, copy, { recursive: true });
      const what = await damage(join(copy, "store"), random);
      const outcome = await open(copy);
      if (outcome === "earlier" ? what.includes(".log: ") : outcome in outcomes)
        outcomes[outcome as keyof typeof outcomes]++;
      else faults.push(`${what}: ${outcome}`);
      await rm(copy, { recursive: true });
    }

    expect(faults, `seed ${seed}`).toEqual([]);
    expect(outcomes.refused).toBeGreaterThan(0);
    if (REPORT === "1") process.stderr.write(`seed ${seed} ${JSON.stringify(outcomes)}\n`);
  });

  /**
   * What became of the folder; "earlier": as if the last changes had not been made, which is what a log that ends early
   * looks like after power was lost, too. A text of its own when that must not be. */
  async function open(copy: string): Promise<string> {
    let state: StoredState;
    try {
      state = await StoredState.open(copy);
    } catch (error) {
      if (!(error instanceof StorageError)) return `not a StorageError: ${String(error)}`;
      const isClear = error.message.includes(copy) && error.message.includes("causeway doctor");
      return isClear ? "refused" : `does not help: ${error.message}`;
    }
    try {
      const missing: string[] = [];
      for (const id of SLEEPERS) {
        missing.push(...(await queueFaults(state, `session/${id}`, acknowledged)).faults);
      }
      for (const [topicName, sequence] of acknowledged) {
        if (topicName.startsWith("kept/") && (state.retained.get(topicName) ?? 0) < sequence) {
          missing.push(`${topicName}: ${state.retained.get(topicName)} < ${sequence}`);
        }
      }
      if (state.corrupt.length > 0) return "told";
      if (missing.length === 0) return "sound";
      if (missing.some((fault) => fault.includes(", counts "))) return "told"; // when the queue is read
      const hole = missing.find((fault) => !/\d+ of \d+$|< \d+$/.test(fault));
      return hole === undefined ? "earlier" : `lost in silence: ${hole}`;
    } catch (error) {
      return error instanceof StorageError ? "told" : `not a StorageError: ${String(error)}`;
    } finally {
      await state.close();
    }
  }
});
