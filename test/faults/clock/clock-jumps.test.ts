import type { IPublishPacket } from "mqtt-packet";
import { beforeEach, describe, expect, it } from "vitest";
import { aPublish, type RawClient } from "../../support/raw-client.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";
import { JumpingClock } from "./jumping-clock.ts";

const HOURS = 3_600_000;
const LONGEST_INTERVAL = 0xffff_ffff;
const jumps = [
  { name: "forward", by: 5 * HOURS },
  { name: "back", by: -5 * HOURS },
];

describe("a broker whose clock is set while it runs", () => {
  let clock: JumpingClock;
  let broker: TestBroker;

  beforeEach(async () => {
    clock = new JumpingClock();
    broker = await TestBroker.open({ clock });
  });

  it.each(jumps)("keeps connections whose client is not silent: $name [MQTT-3.1.2-22]", async ({ by }) => {
    const { client } = await broker.connect({ keepalive: 10 });
    const hasEnded = watch(client);

    for (let n = 0; n < 10; n++) {
      await clock.advance(5_000);
      if (n === 5) clock.jump(by);
      await client.ping();
    }

    expect(hasEnded()).toBe(false);
  });

  it.each(jumps)("gives a quiet client the rest of its Keep Alive: $name [MQTT-3.1.2-22]", async ({ by }) => {
    const { client } = await broker.connect({ keepalive: 10 });
    const hasEnded = watch(client);
    await clock.advance(5_000);

    clock.jump(by);
    await clock.advance(3_000);
    expect(hasEnded()).toBe(false);

    await clock.advance(20_000);
    expect(await client.next()).toMatchObject({ cmd: "disconnect", reasonCode: 0x8d });
  });

  it.each(jumps)("gives a new connection its time to CONNECT: $name", async ({ by }) => {
    const { client } = broker.dial();
    const hasEnded = watch(client);
    await clock.advance(2_000);

    clock.jump(by);
    await clock.advance(3_000);
    expect(hasEnded()).toBe(false);
    await clock.advance(12_000);
    await client.ended;
  });

  it("expires messages and sessions when it is set forward, and only those whose time has come", async () => {
    await aSleeper("short", 600);
    await aSleeper("long", 100_000);
    await publish("gone", 60);
    await publish("kept", 100_000);
    await publish("kept for ever");

    clock.jump(5 * HOURS);
    await clock.advance(2_000);

    expect((await wake("short")).sessionPresent).toBe(false);
    const { sessionPresent, packets } = await wake("long");
    expect(sessionPresent).toBe(true);
    expect(packets.map(({ payload }) => String(payload))).toEqual(["kept", "kept for ever"]);
    expect(packets[0]?.properties?.messageExpiryInterval).toBeLessThanOrEqual(100_000 - 5 * 3600);
  });

  it.each([60, 100_000, LONGEST_INTERVAL])(
    "hands out no longer interval than %i, which it was given, when it is set back [MQTT-3.3.2-6]",
    async (interval) => {
      await aSleeper("sleeper", LONGEST_INTERVAL - 1);
      await publish("message", interval);

      clock.jump(-5 * HOURS);
      await clock.advance(2_000);

      const { sessionPresent, packets } = await wake("sleeper");
      expect(sessionPresent).toBe(true);
      expect(packets).toHaveLength(1);
      expect(packets[0]?.properties?.messageExpiryInterval).toBeLessThanOrEqual(interval);
      expect(packets[0]?.properties?.messageExpiryInterval).toBeGreaterThan(0);
    },
  );

  it("keeps sessions and messages when it was set back while no process ran", async () => {
    await aSleeper("sleeper", 600);
    await publish("message", 600);
    clock.jump(-5 * HOURS);

    broker = await broker.crash();
    await clock.advance(2_000);

    const { sessionPresent, packets } = await wake("sleeper");
    expect(sessionPresent).toBe(true);
    expect(packets[0]?.properties?.messageExpiryInterval).toBeLessThanOrEqual(600);
  });

  it("has forgotten what expired while no process ran, and publishes the will that was due", async () => {
    await aSleeper("watcher", 100_000);
    const will = { topic: "sleep/will", payload: Buffer.from("gone"), qos: 1, retain: false } as const;
    const { client } = await broker.connect({
      ...lasting("dying"),
      will: { ...will, properties: { willDelayInterval: 300 } },
    });
    await client.hangUp();
    await aSleeper("short", 600);
    await broker.settle();
    clock.jump(5 * HOURS);

    broker = await broker.crash();
    await clock.advance(2_000);

    expect((await wake("short")).sessionPresent).toBe(false);
    const { packets } = await wake("watcher");
    expect(packets.map(({ topic }) => topic)).toEqual(["sleep/will"]);
  });

  function watch(client: RawClient): () => boolean {
    let hasEnded = false;
    void client.ended.then(() => {
      hasEnded = true;
    });
    return () => hasEnded;
  }

  async function aSleeper(clientId: string, sessionExpiryInterval: number): Promise<void> {
    const { client } = await broker.connect(lasting(clientId, false, sessionExpiryInterval));
    await client.subscribe("sleep/#", { qos: 1 });
    await client.disconnect();
  }

  async function publish(payload: string, messageExpiryInterval?: number): Promise<void> {
    const { client } = await broker.connect({ clientId: "publisher" });
    const properties = messageExpiryInterval === undefined ? {} : { messageExpiryInterval };
    client.send(aPublish({ topic: "sleep/a", payload, qos: 1, messageId: 1, properties }));
    expect(await client.next()).toMatchObject({ cmd: "puback" });
    await client.disconnect();
  }

  async function wake(
    clientId: string,
  ): Promise<{ sessionPresent: boolean; packets: readonly IPublishPacket[] }> {
    const { client, connack } = await broker.connect(lasting(clientId));
    await broker.settle();
    const packets = (await client.ping()) as IPublishPacket[];
    return { sessionPresent: connack.sessionPresent, packets };
  }
});
