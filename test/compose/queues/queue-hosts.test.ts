import { describe, expect, it } from "vitest";
import { HostRig } from "../../queues/support/host-rig.ts";
import { settled } from "../../support/amqp-client.ts";

async function stoppedWithAMessage(): Promise<HostRig> {
  const rig = await new HostRig().open();
  await rig.declareQueue("q");
  await rig.publish("", "q", "m");
  await rig.end("stopped");
  return rig;
}

describe("opening the virtual hosts", () => {
  it("ends when the mark of the orderly stop before is gone from the disk", async () => {
    const { disk } = await stoppedWithAMessage();
    const rig = new HostRig({}, disk);
    rig.store.hold();
    let isOpen = false;
    const opening = rig.open().then(() => {
      isOpen = true;
    });
    await settled();
    expect(isOpen).toBe(false);

    rig.store.release();
    await opening;

    const afterKill = await rig.restarted("killed");
    expect((await afterKill.get("q"))?.redelivered).toBe(true);
  });

  it("keeps what was never handed out unflagged over an orderly stop", async () => {
    const { disk } = await stoppedWithAMessage();

    const rig = await new HostRig({}, disk).open();

    expect((await rig.get("q"))?.redelivered).toBe(false);
  });

  it("waits for nothing when there is nothing to write", async () => {
    const rig = new HostRig();
    rig.store.hold();

    await expect(rig.open()).resolves.toBe(rig);
  });
});
