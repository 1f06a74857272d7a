import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type InteropRig, MAXIMUM_KEEP_ALIVE } from "./interop-rig.ts";

const SESSION_TAKEN_OVER = 0x8e;
const PROPERTIES = {
  contentType: "application/json",
  responseTopic: "open/answers",
  correlationData: "request 7",
  userProperties: [
    ["site", "north"],
    ["site", "south"],
    ["unit", "°C"],
  ],
} as const;

/** What only MQTT 5 has. */
export function describeMqtt5(rig: InteropRig): void {
  it("is told its Assigned Client Identifier [MQTT-3.2.2-16]", async () => {
    const client = rig.client({ clientId: "" });

    expect((await client.connect()).assignedClientId).toMatch(/./);
  });

  it("is told the Server Keep Alive when it asks for a longer one (MQTT 5 §3.2.2.3.14)", async () => {
    const patient = rig.client({ keepAlive: MAXIMUM_KEEP_ALIVE + 30 });
    const modest = rig.client({ keepAlive: MAXIMUM_KEEP_ALIVE });

    expect((await patient.connect()).serverKeepAlive).toBe(MAXIMUM_KEEP_ALIVE);
    expect((await modest.connect()).serverKeepAlive ?? null).toBe(null);
  });

  it("is told that another connection took its session over [MQTT-3.1.4-3]", async () => {
    const client = await rig.connected();

    await rig.connected({ clientId: client.clientId });

    expect(await client.waitForDisconnection()).toBe(SESSION_TAKEN_OVER);
  });

  it("has its will published after the Will Delay Interval, with its properties", async () => {
    const topicName = rig.topicName();
    const watcher = await rig.peer();
    await watcher.subscribe(topicName, { qos: 1 });
    const link = await rig.link();
    const message = { topicName, payload: "gone", qos: 1, retain: false, ...PROPERTIES } as const;
    await rig.connected({
      port: link.port,
      sessionExpiryInterval: 60,
      will: { ...message, delayInterval: 1 },
    });

    const start = Date.now();
    link.cut();

    expect(await watcher.waitForMessages(1)).toMatchObject([message]);
    expect(Date.now() - start).toBeGreaterThan(900);
  });

  describe("message properties", () => {
    it("sends them", async () => {
      const topicName = rig.topicName();
      const peer = await rig.peer();
      await peer.subscribe(topicName);

      await (await rig.connected()).publish(topicName, "{}", PROPERTIES);

      expect(await peer.waitForMessages(1)).toMatchObject([{ payload: "{}", ...PROPERTIES }]);
    });

    it("receives them [MQTT-3.3.2-17] [MQTT-3.3.2-18]", async () => {
      const topicName = rig.topicName();
      const client = await rig.connected();
      await client.subscribe(topicName);

      await (await rig.peer()).publish(topicName, "{}", PROPERTIES);

      expect(await client.waitForMessages(1)).toMatchObject([{ payload: "{}", ...PROPERTIES }]);
    });

    it("sends and receives a Message Expiry Interval less the time waited [MQTT-3.3.2-5] [MQTT-3.3.2-6]", async () => {
      const topicName = rig.topicName();
      const receiver = await rig.connected({ cleanStart: false, sessionExpiryInterval: 60 });
      await receiver.subscribe(topicName, { qos: 1 });
      await receiver.disconnect();
      const sender = await rig.connected();
      await sender.publish(topicName, "soon stale", { qos: 1, messageExpiryInterval: 1 });
      await sender.publish(topicName, "fresh", { qos: 1, messageExpiryInterval: 60 });

      await delay(2100); // the clocks of broker and client are the real ones
      await receiver.connect();

      const [message] = await receiver.waitForMessages(1);
      expect(message?.payload).toBe("fresh");
      expect(message?.messageExpiryInterval).toBeLessThanOrEqual(58);
      expect(message?.messageExpiryInterval).toBeGreaterThan(40);
    });
  });

  describe("subscription options", () => {
    it("receives nothing of its own with No Local [MQTT-3.8.3-3]", async () => {
      const topicName = rig.topicName();
      const client = await rig.connected();
      await client.subscribe(topicName, { noLocal: true });

      await client.publish(topicName, "mine", { qos: 1 });
      await (await rig.peer()).publish(topicName, "of another");

      expect(await client.payloadsBefore("of another")).toEqual([]);
    });

    it("sees RETAIN as it was published with Retain As Published [MQTT-3.3.1-13]", async () => {
      const topicName = rig.topicName();
      const client = await rig.connected();
      await client.subscribe(topicName, { retainAsPublished: true });
      const peer = await rig.peer();

      await peer.publish(topicName, "kept", { qos: 1, retain: true });
      await peer.publish(topicName, "not kept", { qos: 1 });

      expect(await client.waitForMessages(2)).toMatchObject([{ retain: true }, { retain: false }]);
    });

    it("chooses with Retain Handling when retained messages are sent [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]", async () => {
      const topicName = rig.topicName();
      const client = await rig.connected();
      const peer = await rig.peer();
      await peer.publish(topicName, "retained", { qos: 1, retain: true });

      for (const retainHandling of [2, 1, 0] as const) {
        await client.subscribe(topicName, { qos: 1, retainHandling });
        await peer.publish(topicName, `after ${retainHandling}`, { qos: 1 });
      }
      const late = await rig.connected();
      await late.subscribe(topicName, { qos: 1, retainHandling: 1 });

      expect(await client.payloadsBefore("after 0")).toEqual(["after 2", "after 1", "retained"]);
      expect(await late.waitForMessages(1)).toMatchObject([{ payload: "retained", retain: true }]);
    });

    it.skipIf(rig.has("hides subscription identifiers"))(
      "receives the identifiers of its subscriptions [MQTT-3.3.4-3]",
      async () => {
        const topicName = rig.topicName();
        const client = await rig.connected();
        await client.subscribe(topicName, { qos: 1, subscriptionIdentifier: 7 });
        await client.subscribe(`${topicName}/#`, { qos: 1, subscriptionIdentifier: 268_435_455 });
        const peer = await rig.peer();

        await peer.publish(`${topicName}/deep`, "one", { qos: 1 });
        await peer.publish(topicName, "both", { qos: 1 });

        const [one, ...both] = await client.waitForMessages(2);
        expect(one?.subscriptionIdentifiers).toEqual([268_435_455]);
        const identifiers = both.flatMap((message) => message.subscriptionIdentifiers ?? []);
        expect(identifiers.sort((first, second) => first - second)).toEqual([7, 268_435_455]);
      },
    );
  });
}
