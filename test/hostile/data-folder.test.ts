import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BrokerProcess, startBroker } from "../support/broker-process.ts";
import { aPublish, tcpClient } from "../support/raw-client.ts";
import { lasting } from "../support/test-broker.ts";

const OTHERS = 0o077;

/** Everything in a folder that somebody else could use, with its mode. */
async function openToOthers(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  const modes = await Promise.all(entries.map(async (entry) => (await lstat(join(folder, entry))).mode));
  return entries.flatMap((entry, n) => {
    const mode = (modes[n] as number) & 0o777;
    return (mode & OTHERS) === 0 ? [] : [`${entry} ${mode.toString(8)}`];
  });
}

// CVE-2017-9868: messages and subscriptions in a file that everybody may read
describe("the data folder of a broker that was started with umask 000", () => {
  let folder: string;
  let broker: BrokerProcess;
  let umask: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "causeway-modes-"));
    umask = process.umask(0);
    broker = await startBroker({ args: ["--set", `data=${join(folder, "new", "data")}`] });
  });
  afterEach(async () => {
    process.umask(umask);
    await broker?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it("is closed to other users, and so is every file in it, through kill, restart and stop", async () => {
    const client = await tcpClient(broker.tcpPort);
    await client.connect(lasting("owner"));
    await client.subscribe("secret/#", { qos: 1 });
    client.send(
      aPublish({ topic: "secret/a", payload: "x".repeat(100_000), qos: 1, retain: true, messageId: 1 }),
    );
    await client.take(2);
    expect((await readdir(join(folder, "new", "data", "store"))).length).toBeGreaterThan(3);
    expect(await openToOthers(folder)).toEqual([]);

    await broker.restart();
    expect(await openToOthers(folder)).toEqual([]);

    await broker.stop();
    expect(await openToOthers(folder)).toEqual([]);
  });
});
