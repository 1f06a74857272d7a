import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { Random } from "../../simulation/random.ts";
import { describeWith } from "../support/describe-with.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { Publisher } from "../support/publisher.ts";
import { queueFaults } from "../support/queue-faults.ts";
import { StoredState } from "../support/stored-state.ts";
import { Subscriber } from "../support/subscriber.ts";
import { type DiskRecord, parseRecords, RecordedDisk } from "./lost-power.ts";
import { ACKNOWLEDGED, compiler, Recorder, SMALL_FILES } from "./recorder.ts";

const { POWER_LOSSES = "250", POWER_LOSS_SEED, REPORT } = process.env;
const LIMIT_MS = 120_000 + Number(POWER_LOSSES) * 500;
const SLEEPERS = ["sleeper-1", "sleeper-2"];
const LOAD_MS = 700;
const NEEDS = { what: "a C compiler on Linux (apt-get install gcc)", isThere: compiler() !== undefined };

describeWith(NEEDS, "a machine that loses power while the broker works", () => {
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
  for (const [n, id] of SLEEPERS.entries()) {
    const topicFilters = ["load/#", "kept/#"];
    const qos = (n + 1) as 1 | 2;
    const answerDelayMs = (): number => 0;
    const sleeper = new Subscriber({
      id,
      port: broker.tcpPort,
      version: 5,
      qos,
      topicFilters,
      answerDelayMs,
    });
    await sleeper.connect();
    sleeper.hangUp();
  }
  const ready = parseRecords(await readFile(recorder.file)).length;
  const publishers = createPublishers(broker.tcpPort, recorder);
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

function createPublishers(port: number, recorder: Recorder): Publisher[] {
  return ([1, 2] as const).flatMap((qos) =>
    ["load", "kept"].map(
      (kind) =>
        new Publisher({
          id: `${kind}-${qos}`,
          port,
          version: 5,
          qos,
          topicNames: [`${kind}/${qos}`],
          retain: kind === "kept",
          window: 8,
          payloadBytes: () => (kind === "kept" ? 1200 : 200),
          acknowledged: ({ topicName, sequence }) => recorder.acknowledged(topicName, sequence),
        }),
    ),
  );
}

interface Verdict {
  readonly faults: string[];
  acknowledged: number;
  losses: number;
  files: number;
}

/** At so many moments of the run, mostly just after an acknowledgement or a change of names. */
async function loseRepeatedly(
  records: readonly DiskRecord[],
  ready: number,
  random: Random,
  times: number,
): Promise<Verdict> {
  const moments = chooseMoments(records, ready, random, times);
  const disk = new RecordedDisk();
  const files = records.filter(({ type }) => type === "c").length;
  const verdict: Verdict = { faults: [], acknowledged: 0, losses: 0, files };
  for (let n = 0; n < records.length && verdict.faults.length === 0; n++) {
    disk.apply(records[n] as DiskRecord);
    for (let left = moments.get(n) ?? 0; left > 0; left--) {
      const found = await faultsAfterLoss(disk, random);
      verdict.faults.push(...found.map((fault) => `after record ${n}: ${fault}`));
      verdict.losses++;
    }
  }
  for (const sequence of disk.acknowledged.values()) verdict.acknowledged += sequence;
  return verdict;
}

function chooseMoments(
  records: readonly DiskRecord[],
  ready: number,
  random: Random,
  times: number,
): Map<number, number> {
  const all = records.map((_, n) => n).slice(ready);
  const acknowledgements = all.filter((n) => records[n]?.type === ACKNOWLEDGED);
  const names = all.filter((n) => "cru".includes(records[n]?.type ?? ""));
  const moments = new Map<number, number>();
  for (let n = 0; n < times; n++) {
    const moment = random.pick([all, acknowledgements, names][n % 3] as number[]);
    moments.set(moment, (moments.get(moment) ?? 0) + 1);
  }
  return moments;
}

async function faultsAfterLoss(disk: RecordedDisk, random: Random): Promise<string[]> {
  const folder = join(tmpdir(), `causeway-lost-power-${process.pid}`);
  await disk.losePower(join(folder, "store"), random);
  try {
    const state = await StoredState.open(folder);
    const faults = [...state.corrupt];
    for (const id of SLEEPERS) {
      faults.push(...(await queueFaults(state, `session/${id}`, disk.acknowledged)).faults);
    }
    for (const [topicName, sequence] of disk.acknowledged) {
      const kept = state.retained.get(topicName) ?? 0;
      if (topicName.startsWith("kept") && kept < sequence) faults.push(`${topicName}: ${kept} < ${sequence}`);
    }
    await state.close();
    return faults;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
