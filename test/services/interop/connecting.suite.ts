import { describe, expect, it } from "vitest";
import { FORBIDDEN, type InteropRig, READ_ONLY } from "./interop-rig.ts";

/** Connecting on each transport, wills, and what a client may not do. */
export function describeConnecting(rig: InteropRig): void {
  it("connects with a new session, and finds it again when it is kept", async () => {
    const client = rig.client({ cleanStart: false, sessionExpiryInterval: 60 });

    expect(await client.connect()).toMatchObject({ reasonCode: 0, sessionPresent: false });
    await client.disconnect();

    expect(await client.connect()).toMatchObject({ reasonCode: 0, sessionPresent: true });
  });

  it("connects without a client id", async () => {
    const topicName = rig.topicName();
    const client = await rig.connected({ clientId: "" });

    await client.subscribe(topicName, { qos: 1 });
    await client.publish(topicName, "to myself", { qos: 1 });

    expect(await client.waitForMessages(1)).toMatchObject([{ payload: "to myself" }]);
  });

  it.each(["ws", "tls", "wss"] as const)("speaks over %s, both ways", async (transport) => {
    const topicName = rig.topicName();
    const peer = await rig.peer();
    const client = await rig.connected(rig.address(transport));
    await client.subscribe(`${topicName}/down`, { qos: 2 });
    await peer.subscribe(`${topicName}/up`, { qos: 2 });

    await client.publish(`${topicName}/up`, "grüezi", { qos: 2 });
    await peer.publish(`${topicName}/down`, "salü", { qos: 2 });

    expect(await peer.waitForMessages(1)).toMatchObject([{ payload: "grüezi", qos: 2 }]);
    expect(await client.waitForMessages(1)).toMatchObject([{ payload: "salü", qos: 2 }]);
  });

  describe("will", () => {
    it("is published when the network fails [MQTT-3.1.2-8]", async () => {
      const topicName = rig.topicName();
      const watcher = await rig.peer();
      await watcher.subscribe(topicName, { qos: 1 });
      const link = await rig.link();
      await rig.connected({ port: link.port, will: aWill(topicName) });

      link.cut();

      expect(await watcher.waitForMessages(1)).toMatchObject([{ topicName, payload: "gone", qos: 1 }]);
    });

    it("is not published after a disconnection in order [MQTT-3.14.4-3]", async () => {
      const topicName = rig.topicName();
      const watcher = await rig.peer();
      await watcher.subscribe(topicName, { qos: 1 });
      const client = await rig.connected({ will: aWill(topicName) });

      await client.disconnect();
      await (await rig.connected()).publish(topicName, "last", { qos: 1 });

      expect(await watcher.payloadsBefore("last")).toEqual([]);
    });
  });

  it("is refused a subscription that it may not have", async () => {
    const client = await rig.connected();

    expect(await client.subscribe(`${FORBIDDEN}/#`)).toBe(rig.version === 5 ? 0x87 : 0x80);
  });

  it.each([1, 2] as const)("is refused a publication at QoS %s that it may not make", async (qos) => {
    const watcher = await rig.peer();
    await watcher.subscribe(`${READ_ONLY}/#`, { qos });
    const topicName = rig.topicName();
    await watcher.subscribe(topicName, { qos });
    const client = await rig.connected();

    const refusal = await client.publish(`${READ_ONLY}/reading`, "42", { qos });
    await (await rig.connected()).publish(topicName, "last", { qos });

    // MQTT 3.1.1 has no way to say it [MQTT3-3.3.5-2].
    const isTold = rig.version === 5 && !(qos === 2 && rig.has("overlooks the reason code of PUBREC"));
    expect(refusal).toBe(isTold ? 0x87 : 0);
    expect(await watcher.payloadsBefore("last")).toEqual([]);
  });
}

function aWill(topicName: string): { topicName: string; payload: string; qos: 1; retain: boolean } {
  return { topicName, payload: "gone", qos: 1, retain: false };
}
