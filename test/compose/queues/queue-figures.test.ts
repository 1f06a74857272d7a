import { describe, expect, it } from "vitest";
import { QueueFigures } from "../../../src/compose/queues/queue-figures.ts";
import { HostRig } from "../../queues/support/host-rig.ts";

async function aRig(): Promise<{ rig: HostRig; figures: QueueFigures }> {
  const rig = await new HostRig().open();
  return { rig, figures: new QueueFigures(() => rig.hosts, 2) };
}

describe("figures of queues", () => {
  it("sum up what the queues of a virtual host hold and have counted", async () => {
    const { rig, figures } = await aRig();
    for (const name of ["one", "two"]) await rig.declareQueue(name);
    for (const body of ["a", "bc", "def"]) await rig.publish("", "one", body);
    await rig.publish("", "two", "g");
    await rig.drain("two");

    const [host] = figures.read().hosts;

    expect(host).toMatchObject({ virtualHost: "/", queues: 2, ready: 3, bytes: 6, unread: 1 });
    expect(host).toMatchObject({ published: 4, delivered: 1, acknowledged: 1 });
  });

  it("keep what deleted queues had counted", async () => {
    const { rig, figures } = await aRig();
    await rig.declareQueue("one");
    await rig.publish("", "one", "a");
    await rig.drain("one");

    rig.hosts.first?.deleteQueue(
      "one",
      { ifUnused: false, ifEmpty: false },
      rig.owner,
      { committed() {} },
      0,
    );

    expect(figures.read().hosts[0]).toMatchObject({ queues: 0, published: 1, delivered: 1, acknowledged: 1 });
  });

  it("name the largest queues, and no more than they were told to", async () => {
    const { rig, figures } = await aRig();
    for (const [index, name] of ["small", "middle", "large", "empty"].entries()) {
      await rig.declareQueue(name);
      for (let i = 0; i <= index && name !== "empty"; i++) await rig.publish("", name, "x");
    }

    const { largest } = figures.read();

    expect(largest.map(({ queue, ready }) => [queue, ready])).toEqual([
      ["large", 3],
      ["middle", 2],
    ]);
  });

  it("of thousands of queues are found in several turns", async () => {
    const { rig, figures } = await aRig();
    await Promise.all(Array.from({ length: 2500 }, (_, i) => rig.declareQueue(`queue-${i}`)));

    const first = figures.read().hosts;
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));

    expect(first).toEqual([]);
    expect(figures.read().hosts[0]).toMatchObject({ queues: 2500 });
  });
});
