import { describe, expect, it } from "vitest";
import type { ConnectOptions, RawClient } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

async function watcher(broker: TestBroker): Promise<RawClient> {
  const { client } = await broker.connect({ clientId: "watcher" });
  await client.subscribe("will/#", { qos: 2 });
  return client;
}

function mortal(willDelayInterval = 0, sessionExpiryInterval = 0, clean = true): ConnectOptions {
  return {
    clientId: "mortal",
    clean,
    will: { topic: "will/mortal", payload: "gone", properties: { willDelayInterval } },
    properties: { sessionExpiryInterval },
  };
}

const GONE = { cmd: "publish", topic: "will/mortal", payload: Buffer.from("gone") };

describe("a will", () => {
  it("is published when the connection ends without DISCONNECT [MQTT-3.1.2-8]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal());

    await client.hangUp();

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("is not published after DISCONNECT [MQTT-3.1.2-10], [MQTT-3.14.4-3]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal(0, 100));

    await client.disconnect();
    await broker.settle();
    await broker.clock.advance(200_000);

    expect(await watching.ping()).toEqual([]);
  });

  it("is published after DISCONNECT with Reason Code 0x04 (MQTT 5 §3.14.2.1)", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal());

    await client.disconnect(0x04);

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("is published when the client breaks the protocol [MQTT-3.1.2-8]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal());

    client.sendHex("c101 00");

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("waits for its delay [MQTT-3.1.3-9]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal(10, 100));
    await client.hangUp();

    await broker.clock.advance(8_000);
    expect(await watching.ping()).toEqual([]);
    await broker.clock.advance(4_000);

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("is not published when the session is resumed within the delay [MQTT-3.1.3-9]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal(10, 100));
    await client.hangUp();
    await broker.clock.advance(5_000);

    await broker.connect({ ...mortal(0, 100, false), will: undefined });
    await broker.clock.advance(200_000);

    expect(await watching.ping()).toEqual([]);
  });

  it("of a session being resumed is never taken for the one before it, however long the store takes", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal(5, 100));
    await client.hangUp();
    await broker.settle();

    broker.store.hold();
    const second = broker.dial();
    const connack = second.client.connect(mortal(50, 100, false));
    await broker.settle();
    await broker.clock.advance(8_000);
    broker.store.release();

    expect(await connack).toMatchObject({ sessionPresent: true });
    expect(await watching.ping()).toEqual([]);
  });

  it("is published when the session ends before its delay has passed [MQTT-3.1.2-8]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal(1000, 5));
    await client.hangUp();

    await broker.clock.advance(8_000);

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("is published when a clean start ends the session that it waits with [MQTT-3.1.2-8]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    const { client } = await broker.connect(mortal(1000, 2000));
    await client.hangUp();

    await broker.connect({ clientId: "mortal", clean: true });

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("without delay is published at takeover, even if the session is resumed [MQTT-3.1.4-3]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    await broker.connect(mortal(0, 100));

    await broker.connect({ ...mortal(0, 100, false), will: undefined });

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("with delay is not published at takeover when the session is resumed [MQTT-3.1.3-9]", async () => {
    const broker = await TestBroker.open();
    const watching = await watcher(broker);
    await broker.connect(mortal(10, 100));

    await broker.connect({ ...mortal(0, 100, false), will: undefined });
    await broker.clock.advance(20_000);

    expect(await watching.ping()).toEqual([]);
  });

  it("survives a crash of the broker, and waits for its delay from the restart", async () => {
    const broker = await TestBroker.open();
    await broker.connect(mortal(10, 100));

    const restarted = await broker.crash();
    const watching = await watcher(restarted);
    await restarted.clock.advance(8_000);
    expect(await watching.ping()).toEqual([]);
    await restarted.clock.advance(4_000);

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("that a crash made due is published although its client is back at once [MQTT-3.1.2-8]", async () => {
    const broker = await TestBroker.open();
    await broker.connect(mortal(0, 100));

    const restarted = await broker.crash();
    const watching = await watcher(restarted);
    await restarted.connect({ ...mortal(0, 100, false), will: undefined });

    expect(await watching.next()).toMatchObject(GONE);
  });

  it("is published once, although the broker crashes right afterwards", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect(mortal(1, 100));
    await client.hangUp();
    const watching = await watcher(broker);
    await broker.clock.advance(3_000);
    expect(await watching.next()).toMatchObject(GONE);
    await broker.settle();

    const restarted = await broker.crash();
    const watchingAgain = await watcher(restarted);
    await restarted.clock.advance(5_000);

    expect(await watchingAgain.ping()).toEqual([]);
  });

  it("is retained when it says so [MQTT-3.1.2-15], and its Message Expiry counts from its publication", async () => {
    const broker = await TestBroker.open();
    const { client } = await broker.connect({
      clientId: "mortal",
      will: { topic: "will/r", payload: "x", retain: true, properties: { messageExpiryInterval: 10 } },
    });
    await broker.clock.advance(60_000);
    await client.hangUp();
    await broker.clock.advance(4_000);

    const watching = await broker.connect({ clientId: "late" });
    await watching.client.subscribe("will/r");

    expect(await watching.client.next()).toMatchObject({
      retain: true,
      properties: { messageExpiryInterval: 6 },
    });
  });
});
