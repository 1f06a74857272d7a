import { describe, expect, it } from "vitest";
import type { Cut, CuttableLink } from "./cuttable-link.ts";
import type { InteropClient } from "./interop-client.ts";
import type { InteropRig } from "./interop-rig.ts";

const COUNT = 200;
const LARGE_BYTES = 500 * 1024;
const PERSISTENT = { cleanStart: false, sessionExpiryInterval: 3600 };

// Where the network fails, mostly within a packet: among PUBACK, PUBREC and PUBCOMP, among repeated packets of the
// sender, and again. All in all fewer bytes than two hundred acknowledgements have.
const SENDER_CUTS: readonly Cut[] = [{ fromBroker: 203 }, { fromClient: 1501 }, { fromBroker: 202 }];
// Among messages, among the acknowledgements of the receiver, and among repeated messages.
const RECEIVER_CUTS: readonly Cut[] = [{ fromBroker: 2003 }, { fromClient: 251 }, { fromBroker: 1502 }];

/** Messages in both directions, retained ones, and what persistent sessions do for them. */
export function describeDelivery(rig: InteropRig): void {
  describe.each([0, 1, 2] as const)("QoS %s", (qos) => {
    it("sends two hundred messages, in order", async () => {
      const topicName = rig.topicName();
      const receiver = await rig.peer();
      await receiver.subscribe(topicName, { qos });
      const client = await rig.connected();

      await publishAll(client, topicName, qos);

      expect(payloadsOf(await receiver.waitForMessages(COUNT))).toEqual(numbers());
    });

    it("receives two hundred messages, in order", async () => {
      const topicName = rig.topicName();
      const client = await rig.connected();
      expect(await client.subscribe(topicName, { qos })).toBe(qos);

      await publishAll(await rig.peer(), topicName, qos);

      const messages = await client.waitForMessages(COUNT);
      expect(payloadsOf(messages)).toEqual(numbers());
      expect(messages[0]).toMatchObject({ topicName, qos, retain: false });
    });
  });

  it("receives what was sent while it was away", async () => {
    const topicName = rig.topicName();
    const client = await rig.connected(PERSISTENT);
    await client.subscribe(topicName, { qos: 2 });
    await client.disconnect();

    const peer = await rig.peer();
    for (const qos of [1, 2] as const) await peer.publish(topicName, `at QoS ${qos}`, { qos });
    await client.connect();

    expect(await client.waitForMessages(2)).toMatchObject([
      { payload: "at QoS 1", qos: 1 },
      { payload: "at QoS 2", qos: 2 },
    ]);
  });

  it("loses nothing at QoS 1 when its network fails as it sends", async () => {
    const payloads = await sendThroughCuts(rig, 1);

    expect(new Set(payloads)).toEqual(new Set(numbers()));
  });

  it("sends each message exactly once at QoS 2 when its network fails [MQTT-4.3.3-10]", async () => {
    const payloads = await sendThroughCuts(rig, 2);

    expect(payloads.sort(byNumber)).toEqual(numbers());
  });

  it("loses nothing at QoS 1 when its network fails as it receives [MQTT-4.4.0-1]", async () => {
    const payloads = await receiveThroughCuts(rig, 1);

    expect(new Set(payloads)).toEqual(new Set(numbers()));
  });

  it("receives each message exactly once at QoS 2 when its network fails [MQTT-4.4.0-1]", async () => {
    const payloads = await receiveThroughCuts(rig, 2);

    if (rig.has("delivers repeated QoS 2 messages")) expect(new Set(payloads)).toEqual(new Set(numbers()));
    else expect(payloads.sort(byNumber)).toEqual(numbers());
  });

  it("sets a retained message, receives it and clears it", async () => {
    const topicName = rig.topicName();
    const client = await rig.connected();
    await client.publish(topicName, "state", { qos: 1, retain: true });
    const early = await rig.connected();
    await early.subscribe(topicName, { qos: 1 });
    expect(await early.waitForMessages(1)).toMatchObject([{ payload: "state", qos: 1, retain: true }]);

    await client.publish(topicName, "", { qos: 1, retain: true });
    const late = await rig.connected();
    await late.subscribe(topicName, { qos: 1 });
    await client.publish(topicName, "live", { qos: 1 });

    expect(await late.waitForMessages(1)).toMatchObject([{ payload: "live", retain: false }]);
    expect(await early.waitForMessages(3)).toMatchObject([{}, { payload: "", retain: false }, {}]);
  });

  it("sends and receives 500 KB in one message", async () => {
    const topicName = rig.topicName();
    const payload = "0123456789abcdef".repeat(LARGE_BYTES / 16);
    const peer = await rig.peer();
    const client = await rig.connected();
    await client.subscribe(`${topicName}/down`, { qos: 1 });
    await peer.subscribe(`${topicName}/up`, { qos: 1 });

    await client.publish(`${topicName}/up`, payload, { qos: 1 });
    await peer.publish(`${topicName}/down`, payload, { qos: 1 });

    expect((await peer.waitForMessages(1))[0]?.payload === payload).toBe(true);
    expect((await client.waitForMessages(1))[0]?.payload === payload).toBe(true);
  });

  it("shares a subscription: each message goes to one of two members", async () => {
    const topicName = rig.topicName();
    const members = [await rig.connected(), await rig.connected()];
    for (const member of members) {
      await member.subscribe(`$share/team/${topicName}`, { qos: 1 });
      await member.subscribe(`${topicName}/last`, { qos: 1 });
    }
    const peer = await rig.peer();

    await publishAll(peer, topicName, 1);
    await peer.publish(`${topicName}/last`, "last", { qos: 1 });

    const [first = [], second = []] = await Promise.all(
      members.map((member) => member.payloadsBefore("last")),
    );
    expect([...first, ...second].sort(byNumber)).toEqual(numbers());
    expect(Math.min(first.length, second.length)).toBeGreaterThan(0);
  });
}

/** What a steady receiver got of a sender whose network failed three times. */
async function sendThroughCuts(rig: InteropRig, qos: 1 | 2): Promise<string[]> {
  const topicName = rig.topicName();
  const receiver = await rig.peer();
  await receiver.subscribe(`${topicName}/+`, { qos });
  const link = await rig.link();
  const client = await rig.connected({ ...PERSISTENT, port: link.port });

  link.hold();
  // A topic for each: Paho for Java repeats a PUBLISH with the alias of the lost connection, against [MQTT-3.3.2-7].
  // A library may give up the answer of a message that it sends again after reconnecting.
  const answers = Promise.allSettled(
    numbers().map((payload) => client.publish(`${topicName}/${payload}`, payload, { qos })),
  );
  await client.allTaken();
  await failAndReconnect(link, client, SENDER_CUTS);
  await receiver.waitForPayloads(numbers()); // a library may send "last" before what it repeats
  await client.publish(`${topicName}/last`, "last", { qos });

  const payloads = await receiver.payloadsBefore("last");
  await answers;
  return payloads;
}

/** What a receiver got whose network failed three times. */
async function receiveThroughCuts(rig: InteropRig, qos: 1 | 2): Promise<string[]> {
  const topicName = rig.topicName();
  const link = await rig.link();
  const client = await rig.connected({ ...PERSISTENT, port: link.port });
  await client.subscribe(topicName, { qos });
  const peer = await rig.peer();

  link.hold();
  await publishAll(peer, topicName, qos);
  await failAndReconnect(link, client, RECEIVER_CUTS);
  await peer.publish(topicName, "last", { qos });

  return client.payloadsBefore("last");
}

/** Each cut counts from the moment when the connection is known to be there, whatever flows before. */
async function failAndReconnect(
  link: CuttableLink,
  client: InteropClient,
  cuts: readonly Cut[],
): Promise<void> {
  for (const cut of cuts) {
    link.release(cut);
    await client.waitForDisconnection();
    expect(await client.reconnect()).toMatchObject({ sessionPresent: true });
  }
  link.releaseAll();
}

async function publishAll(client: InteropClient, topicName: string, qos: 0 | 1 | 2): Promise<void> {
  await Promise.all(numbers().map((payload) => client.publish(topicName, payload, { qos })));
}

function numbers(): string[] {
  return Array.from({ length: COUNT }, (_, index) => String(index));
}

function payloadsOf(messages: readonly { readonly payload: string }[]): string[] {
  return messages.map(({ payload }) => payload);
}

function byNumber(first: string, second: string): number {
  return Number(first) - Number(second);
}
