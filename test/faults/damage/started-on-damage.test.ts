import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMetric } from "../../support/read-metric.ts";
import { expectProgress } from "../failing-disk/failing-store.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { createLoad, openSleepers } from "../support/sleepers.ts";

const EX_CANTCREAT = 73;
const LIMIT = { timeout: 60_000 };

describe("a broker that is started", () => {
  let broker: KillableBroker;

  beforeEach(async () => {
    broker = await KillableBroker.create();
    await broker.start();
    await openSleepers(broker);
    const publishers = createLoad({ port: broker.tcpPort, window: 8, payloadBytes: 2000 });
    for (const publisher of publishers) await publisher.connect();
    for (const publisher of publishers) publisher.start();
    await expectProgress(publishers, 200);
  });
  afterEach(async () => {
    await broker.dispose();
  });

  /** Changes a byte in the middle of the file of that kind. */
  async function damageFile(kind: RegExp): Promise<string> {
    const store = join(broker.dataFolder, "store");
    const name = (await readdir(store)).find((file) => kind.test(file)) as string;
    const bytes = await readFile(join(store, name));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 0xff;
    await writeFile(join(store, name), bytes);
    return name;
  }

  it("on a log that is damaged says so, counts it, and serves", LIMIT, async () => {
    await broker.kill();
    const name = await damageFile(/\.log$/);

    await broker.start();

    expect(broker.logged("error").join("\n")).toContain(`the log ${name} is damaged at byte`);
    const reason = { reason: "corrupt_record" };
    expect(await readMetric(broker.adminPort, "causeway_messages_dropped_total", reason)).toBeGreaterThan(0);
  });

  it("on a damaged MANIFEST ends with a line that names the folder and what mends it", LIMIT, async () => {
    await broker.kill();
    await damageFile(/^MANIFEST/);

    const second = broker.launch();

    expect(await second.exited).toBe(EX_CANTCREAT);
    expect(second.output()).toMatch(`The store in ${broker.dataFolder} is damaged`);
    expect(second.output()).toMatch("causeway doctor --repair");
  });

  it(
    "on the folder of another that runs ends with a line that says so, and the other goes on",
    LIMIT,
    async () => {
      const second = await KillableBroker.create({ dataFolder: broker.dataFolder });
      try {
        const refused = second.launch();
        expect(await refused.exited).toBe(EX_CANTCREAT);
        expect(refused.output()).toContain(`The data folder ${broker.dataFolder} is in use`);
      } finally {
        await second.dispose();
      }
      expect((await fetch(`http://127.0.0.1:${broker.adminPort}/health`)).status).toBe(200);
    },
  );
});
