import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toClientId } from "../../../src/base/ids.ts";
import type { QueueRecord } from "../../../src/state/records.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { Link } from "../support/link.ts";
import { StoredState } from "../support/stored-state.ts";
import { STOPPING_MODULE, type StopPoint, stopAt } from "./stop-point.ts";
import { Workload } from "./workload.ts";

const DOOMED = toClientId("doomed");
const LIMIT = { timeout: 90_000 };

describe("a broker that ends at a named point of its work with the database", () => {
  let broker: KillableBroker;
  let workload: Workload;

  beforeEach(async () => {
    broker = await KillableBroker.create();
    workload = new Workload(broker);
  });
  afterEach(async () => {
    await broker.dispose();
  });

  /** Starts a broker that will end there, and is not waited for. */
  function launchToStop(point: StopPoint, nth?: number): void {
    broker.launch(stopAt(point, nth), [STOPPING_MODULE]);
  }

  /** A broker that is not to end comes up, goes on from there, and has everything. */
  async function expectRecovery(what: string): Promise<void> {
    await broker.start();
    await workload.complete();
    await broker.kill();
    expect(await workload.faultsOnDisk(), what).toEqual([]);
  }

  it.each<StopPoint>(["before-write", "during-write", "after-write", "told", "answered"])(
    "has on disk what it acknowledged, and nothing of QoS 2 twice: %s",
    LIMIT,
    async (point) => {
      await broker.start();
      await workload.prepare();
      for (const nth of [1, 2, 4, 7, 20]) {
        await broker.kill();
        launchToStop(point, nth);
        await broker.ready().catch(() => {}); // its first write comes before it serves; `untilStopped` sees how it ended
        await workload.untilStopped();
        expect(await workload.faultsOnDisk(), `${point} ${nth}`).toEqual([]);
      }
      await expectRecovery(point);
    },
  );

  async function queueOfSession(clientId: string): Promise<QueueRecord> {
    const state = await StoredState.open(broker.dataFolder);
    const [queue] = state.queues(`session/${clientId}`);
    await state.close();
    if (queue === undefined) throw new Error(`${clientId} has no queue`);
    return queue.record();
  }

  /** Resolves to whether the broker said that the session is gone. */
  async function endSession(clientId: string): Promise<boolean> {
    const { tcpPort: port } = broker;
    const link = new Link({ port, version: 5, clientId, isPersistent: false, arrived() {} });
    return link.connected.then(
      () => true,
      () => false,
    );
  }

  it.each<StopPoint>(["before-clearing", "during-clearing", "after-clearing"])(
    "gives back the space of a deleted queue later, and takes nothing from the others: %s",
    LIMIT,
    async (point) => {
      await broker.start();
      await workload.prepare();
      for (const nth of [1, 2]) {
        await workload.fillQueueOf("doomed", 1600);
        await broker.kill();
        const doomed = await queueOfSession("doomed");
        launchToStop(point, nth);
        await broker.ready();
        const ending = endSession("doomed");
        expect(await broker.exited).toBeNull();
        const isAnswered = await ending;
        expect(await workload.faultsOnDisk(), `${point} ${nth}`).toEqual([]);

        const state = await StoredState.openAndClear(broker.dataFolder);
        const isThere = state.machine.session(DOOMED) !== undefined;
        const left = await state.count(doomed);
        await state.close();
        expect(isThere && isAnswered).toBe(false);
        expect(left === 0).toBe(!isThere);
        await broker.start();
        await workload.connect();
      }
      await broker.kill();
      await expectRecovery(point);
    },
  );

  it.each<StopPoint>(["before-open", "during-open", "after-open", "before-put", "during-put", "after-put"])(
    "makes a new data folder another time: %s",
    LIMIT,
    async (point) => {
      launchToStop(point);
      expect(await broker.exited, broker.output()).toBeNull();

      await broker.start();
      await workload.prepare();
      await broker.kill();
      await expectRecovery(point);
    },
  );

  it("reads everything although it ended while it read, and while it recovered", LIMIT, async () => {
    await broker.start();
    await workload.prepare();
    for (const [point, nth] of [
      ["during-open", 1],
      ["after-open", 1],
      ["table", 100],
      ["table", 230],
    ] as const) {
      await broker.kill();
      await broker.start();
      await workload.connect();
      await workload.publishSome();
      await broker.kill();
      for (let n = 0; n < 2; n++) {
        launchToStop(point, nth);
        expect(await broker.exited, broker.output()).toBeNull();
      }
      expect(await workload.faultsOnDisk(), `${point} ${nth}`).toEqual([]);
    }
    await expectRecovery("after reading");
  });

  it.each<StopPoint>(["before-close", "during-close", "after-close"])(
    "keeps everything when it ends at the end: %s",
    LIMIT,
    async (point) => {
      launchToStop(point);
      await broker.ready();
      await workload.prepare();
      await workload.publishSome();

      expect(await broker.stop()).toBeNull();

      expect(await workload.faultsOnDisk(), point).toEqual([]);
      await expectRecovery(point);
    },
  );
});
