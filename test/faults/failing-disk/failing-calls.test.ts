import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Random } from "../../simulation/random.ts";
import { parseRecords } from "../power-loss/lost-power.ts";
import { loseRepeatedly } from "../power-loss/power-losses.ts";
import { C_COMPILER, Recorder, SMALL_FILES } from "../power-loss/recorder.ts";
import { describeWith } from "../support/describe-with.ts";
import { faultsInFolder } from "../support/faults-in-folder.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { createLoad, openSleepers } from "../support/sleepers.ts";
import { acknowledgedBy, expectProgress, expectRefusal, expectResumption } from "./failing-store.ts";

const POWER_LOSSES = 20;

describeWith(C_COMPILER, "a broker whose disk fails", () => {
  it.each(["fdatasync", "fwrite", "fopen", "rename fsync", "fopen fwrite fdatasync fsync rename"])(
    "acknowledges nothing while %s fails with EIO, and recovers by itself, power loss or not",
    {
      timeout: 120_000,
    },
    async (calls) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const recorder = await Recorder.create();
      onTestFinished(() => recorder.dispose());
      const broker = await KillableBroker.create();
      onTestFinished(() => broker.dispose());
      await broker.start(recorder.environment(join(broker.dataFolder, "store")), [SMALL_FILES]);
      await openSleepers(broker);
      const ready = parseRecords(await readFile(recorder.file)).length;
      const publishers = createLoad({
        port: broker.tcpPort,
        window: 4,
        payloadBytes: 1500,
        acknowledged: ({ topicName, sequence }) => recorder.acknowledged(topicName, sequence),
      });
      for (const publisher of publishers) await publisher.connect();
      for (const publisher of publishers) publisher.start();
      await expectProgress(publishers, 50);

      await writeFile(recorder.failingCalls, calls);
      await expectRefusal(broker, publishers);
      await rm(recorder.failingCalls);
      await expectResumption(broker, publishers);

      await broker.kill();
      const acknowledged = acknowledgedBy(publishers);
      expect(await faultsInFolder(broker.dataFolder, acknowledged)).toEqual([]);
      const records = parseRecords(await readFile(recorder.file));
      const { faults } = await loseRepeatedly(records, ready, new Random(seed), POWER_LOSSES);
      expect(faults, `seed ${seed}`).toEqual([]);
    },
  );
});
