import { describe, expect, it } from "vitest";
import { toClientId } from "../../../src/base/ids.ts";
import type { Logger } from "../../../src/base/logger.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { QueueMembers } from "../../../src/compose/queues/queue-members.ts";
import type { GroupMember, SharedDelivery } from "../../../src/mqtt/ports.ts";
import { HostRig } from "../../queues/support/host-rig.ts";
import { settled } from "../../support/amqp-client.ts";

const TIMEOUT_MS = 60_000;

/** A client that acknowledges when the test says so. */
class Member implements GroupMember {
  readonly clientId = toClientId("worker");
  readonly isReady = true;
  readonly held: SharedDelivery[] = [];
  isConnected = true;

  mayReceive(): boolean {
    return true;
  }
  deliver(): void {}
  take(shared: SharedDelivery): void {
    this.held.push(shared);
  }

  get texts(): string[] {
    return this.held.map(({ queued }) => String(queued.message?.payload));
  }
}

interface Line {
  readonly fields: object;
  readonly message: string;
}

async function aWorker() {
  const rig = await new HostRig({ consumerTimeout: TIMEOUT_MS / 1000 }).open();
  const lines: Line[] = [];
  const warn: Logger["warn"] = (fields: object, message: string) => void lines.push({ fields, message });
  const members = new QueueMembers(() => rig.host, { ...silentLogger, warn });
  const member = new Member();
  await rig.declareQueue("readings");
  const group = members.join("readings", member);
  return { rig, lines, members, member, group };
}

describe("an MQTT client that consumes a queue", () => {
  it("is reported once when it does not acknowledge in time", async () => {
    const { rig, lines } = await aWorker();
    for (const text of ["1", "2"]) await rig.publish("", "readings", text);
    await settled();
    expect(lines).toEqual([]);

    await rig.clock.advance(2 * TIMEOUT_MS);

    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      clientId: "worker",
      queue: "readings",
      rule: expect.stringContaining("queues.consumerTimeout"),
    });
  });

  it("gets nothing more after that, though it acknowledges late", async () => {
    const { rig, member, group } = await aWorker();
    await rig.publish("", "readings", "1");
    await settled();
    await rig.clock.advance(TIMEOUT_MS);

    await rig.publish("", "readings", "2");
    member.held[0]?.settled();
    group.memberChanged();
    await settled();

    expect(member.texts).toEqual(["1"]);
    expect(rig.host.checkQueue("readings", rig.owner).messageCount).toBe(1);
  });

  it("gets messages again when it has connected again, those it held too", async () => {
    const { rig, member, group } = await aWorker();
    await rig.publish("", "readings", "1");
    await settled();
    await rig.clock.advance(TIMEOUT_MS);
    await rig.publish("", "readings", "2");

    member.isConnected = false;
    member.held[0]?.returned();
    group.memberChanged();
    member.isConnected = true;
    group.memberChanged();
    await settled();

    expect(member.texts).toEqual(["1", "1", "2"]);
  });

  it("gets messages again when it has subscribed again", async () => {
    const { rig, members, member } = await aWorker();
    await rig.publish("", "readings", "1");
    await settled();
    await rig.clock.advance(TIMEOUT_MS);
    await rig.publish("", "readings", "2");

    const again = new Member();
    members.join("readings", again);
    members.leave(member);
    await settled();

    expect(again.texts).toEqual(["2"]);
  });

  it("is shown to operators by its client id", async () => {
    const { rig } = await aWorker();

    const [queue] = rig.host.queues();

    expect((queue as { consumers?(limit: number): unknown } | undefined)?.consumers?.(1)).toMatchObject([
      { tag: "mqtt", client: "worker" },
    ]);
  });
});
