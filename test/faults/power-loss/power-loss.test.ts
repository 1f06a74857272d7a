import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { Random } from "../../simulation/random.ts";
import { describeWith } from "../support/describe-with.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { createLoad, openSleepers } from "../support/sleepers.ts";
import { type DiskRecord, parseRecords } from "./lost-power.ts";
import { loseRepeatedly } from "./power-losses.ts";
import { C_COMPILER, Recorder, SMALL_FILES } from "./recorder.ts";

const { POWER_LOSSES = "250", POWER_LOSS_SEED, REPORT } = process.env;
const LIMIT_MS = 120_000 + Number(POWER_LOSSES) * 500;
const LOAD_MS = 700;

describeWith(C_COMPILER, "a machine that loses power while the broker works", () => {
  it("finds on its disk all that was acknowledged, and the store opens", { timeout: LIMIT_MS }, async () => {
    const seed = Number(POWER_LOSS_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const random = new Random(seed);

    const { records, ready } = await recordedRun();
    const verdict = await loseRepeatedly(records, ready, random, Number(POWER_LOSSES));

    expect(verdict.faults, `seed ${seed}`).toEqual([]);
    expect(verdict.acknowledged).toBeGreaterThan(100);
    expect(verdict.files).toBeGreaterThan(20);
    if (REPORT === "1") process.stderr.write(`seed ${seed} ${records.length} ${JSON.stringify(verdict)}\n`);
  });
});

/** What a broker does to its folder: set up, loaded, killed, started again and stopped. `ready`: after the set-up. */
async function recordedRun(): Promise<{ records: DiskRecord[]; ready: number }> {
  const recorder = await Recorder.create();
  onTestFinished(() => recorder.dispose());
  const broker = await KillableBroker.create();
  onTestFinished(() => broker.dispose());
  const environment = recorder.environment(join(broker.dataFolder, "store"));
  await broker.start(environment, [SMALL_FILES]);
  await openSleepers(broker);
  const ready = parseRecords(await readFile(recorder.file)).length;
  const publishers = createLoad({
    port: broker.tcpPort,
    window: 8,
    payloadBytes: 1200,
    acknowledged: ({ topicName, sequence }) => recorder.acknowledged(topicName, sequence),
  });
  for (const end of ["kill", "kill", "stop"] as const) {
    await Promise.all(publishers.map((publisher) => publisher.connect()));
    for (const publisher of publishers) publisher.start();
    await delay(LOAD_MS);
    await broker[end]();
    for (const publisher of publishers) publisher.pause();
    if (end === "kill") await broker.start(environment, [SMALL_FILES]);
  }
  return { records: parseRecords(await readFile(recorder.file)), ready };
}
