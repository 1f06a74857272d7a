import { describe, expect, it } from "vitest";
import { type TopicName, toClientId } from "../../../src/base/ids.ts";
import type { Message } from "../../../src/base/message.ts";
import type { QoS } from "../../../src/base/qos.ts";
import type { Delivery, QueuedMessage } from "../../../src/base/queued-message.ts";
import { toTopicName } from "../../../src/base/topic-name.ts";
import type { DeliverySource } from "../../../src/mqtt/ports.ts";
import { Outbound, type OutboundLink } from "../../../src/mqtt/session/outbound.ts";

class FakeSource implements DeliverySource {
  readonly bytes = 0;
  sentEnd = 0;
  entries: QueuedMessage[] = [];
  #next = 0;

  get count(): number {
    return this.entries.length;
  }

  push(qos: QoS, fields: { seq?: number; expiresAt?: number; released?: boolean } = {}): void {
    const seq = fields.seq ?? (this.entries.at(-1)?.seq ?? -1) + 1;
    const message = fields.released ? undefined : aMessage(fields.expiresAt);
    this.entries.push({ seq, message, delivery: aDelivery(qos) });
  }

  attach(): void {
    this.#next = 0;
  }

  detach(): void {}

  take(): QueuedMessage | undefined {
    return this.entries[this.#next++];
  }

  readonly dropped = undefined;
  countDropped(): void {}
}

class FakeLink implements OutboundLink {
  isWritable = true;
  fits = true;
  readonly sent: string[] = [];

  sendPublish(_message: Message, delivery: Delivery, packetId: number, dup: boolean): boolean {
    if (this.fits) this.sent.push(`publish ${packetId} qos ${delivery.qos}${dup ? " dup" : ""}`);
    return this.fits;
  }

  sendPubrel(packetId: number): void {
    this.sent.push(`pubrel ${packetId}`);
  }
}

function aMessage(expiresAt = 0): Message {
  return {
    topicName: toTopicName("t") as TopicName,
    payload: Buffer.from("x"),
    qos: 2,
    retain: false,
    properties: undefined,
    publisherId: toClientId("p"),
    receivedAt: 0,
    expiresAt,
    envelope: undefined,
  };
}

function aDelivery(qos: QoS): Delivery {
  return { qos, retain: false, subscriptionIdentifiers: [] };
}

/** Marks a message that the rules withhold. */
const REVOKED = 123_456;

function anOutbound() {
  const source = new FakeSource();
  const link = new FakeLink();
  const settled: number[] = [];
  const released: number[] = [];
  const dropped: string[] = [];
  const outbound = new Outbound(source, {
    now: () => 1000,
    settle: (seq) => settled.push(seq),
    release: (seq) => released.push(seq),
    dropped: (reason) => dropped.push(reason),
    mayReceive: (message) => message.expiresAt !== REVOKED,
    hasRoom() {},
  });
  return { outbound, source, link, settled, released, dropped };
}

describe("Outbound", () => {
  it("sends in order, no more at a time than the receiver allows [MQTT-3.3.4-9]", () => {
    const { outbound, source, link, settled } = anOutbound();
    for (let i = 0; i < 4; i++) source.push(1);

    outbound.attach(link, 2);
    expect(link.sent).toEqual(["publish 1 qos 1", "publish 2 qos 1"]);
    outbound.acknowledged(2);

    expect(link.sent.at(-1)).toBe("publish 3 qos 1");
    expect(settled).toEqual([1]);
  });

  it("derives packet ids from the place in the queue, 1 to 65535 [MQTT-2.2.1-4]", () => {
    const { outbound, source, link } = anOutbound();
    source.push(1, { seq: 65_534 });
    source.push(1, { seq: 65_535 });

    outbound.attach(link, 10);

    expect(link.sent).toEqual(["publish 65535 qos 1", "publish 1 qos 1"]);
  });

  it("waits with a message whose packet id is still in use [MQTT-2.2.1-4]", () => {
    const { outbound, source, link } = anOutbound();
    source.push(1, { seq: 0 });
    source.push(1, { seq: 65_535 });
    source.push(1, { seq: 65_536 });

    outbound.attach(link, 10);
    expect(link.sent).toEqual(["publish 1 qos 1"]);
    outbound.acknowledged(1);

    expect(link.sent).toEqual(["publish 1 qos 1", "publish 1 qos 1", "publish 2 qos 1"]);
  });

  it("sends again with DUP what went out over an earlier connection [MQTT-3.3.1-1]", () => {
    const { outbound, source, link } = anOutbound();
    source.push(1);
    source.push(1);
    source.sentEnd = 1;

    outbound.attach(link, 10);

    expect(link.sent).toEqual(["publish 1 qos 1 dup", "publish 2 qos 1"]);
  });

  it("takes a QoS 2 message through PUBREC, PUBREL and PUBCOMP [MQTT-4.3.3-4]", () => {
    const { outbound, source, link, released, settled } = anOutbound();
    source.push(2);
    outbound.attach(link, 10);

    outbound.received(1, false);
    expect(link.sent).not.toContain("pubrel 1");
    outbound.released(1);
    expect(link.sent.at(-1)).toBe("pubrel 1");
    expect(settled).toEqual([]);
    outbound.completed(1);

    expect([released, settled]).toEqual([[0], [0]]);
    expect(outbound.inflightCount).toBe(0);
  });

  it("begins with PUBREL where PUBREC had come before [MQTT-4.3.3-6]", () => {
    const { outbound, source, link } = anOutbound();
    source.push(2, { released: true });
    source.push(2);

    outbound.attach(link, 10);

    expect(link.sent).toEqual(["pubrel 1", "publish 2 qos 2"]);
  });

  it("takes no notice of acknowledgements of another kind than it waits for", () => {
    const { outbound, source, link, settled } = anOutbound();
    source.push(1);
    source.push(2);
    outbound.attach(link, 10);

    expect(outbound.acknowledged(2)).toBe(false);
    expect(outbound.completed(2)).toBe(false);
    expect(outbound.received(1, false)).toBe(false);
    expect(outbound.acknowledged(77)).toBe(false);

    expect(settled).toEqual([]);
    expect(outbound.inflightCount).toBe(2);
  });

  it("takes no notice of a release that the earlier connection asked for", () => {
    const { outbound, source, link } = anOutbound();
    source.push(2);
    outbound.attach(link, 10);
    outbound.received(1, false);
    outbound.detach();

    outbound.attach(link, 10);
    outbound.released(1);

    expect(link.sent).toEqual(["publish 1 qos 2", "publish 1 qos 2"]);
  });

  it("leaves out what has expired, unless delivery had begun [MQTT-3.3.2-5]", () => {
    const { outbound, source, link, settled, dropped } = anOutbound();
    source.push(1, { expiresAt: 999 });
    source.push(1, { expiresAt: 999 });
    source.push(1, { expiresAt: 2000 });
    source.sentEnd = 1;

    outbound.attach(link, 10);

    expect(link.sent).toEqual(["publish 1 qos 1 dup", "publish 3 qos 1"]);
    expect([settled, dropped]).toEqual([[1], ["expired"]]);
  });

  it("leaves out what the receiver may not have any more, delivery begun or not", () => {
    const { outbound, source, link, settled, dropped } = anOutbound();
    source.push(1, { expiresAt: REVOKED });
    source.push(1);

    outbound.attach(link, 10);

    expect(link.sent).toEqual(["publish 2 qos 1"]);
    expect([settled, dropped]).toEqual([[0], ["not_authorized"]]);
  });

  it("is through with a message that is too large for the receiver [MQTT-3.1.2-25]", () => {
    const { outbound, source, link, settled, dropped } = anOutbound();
    source.push(1);
    link.fits = false;

    outbound.attach(link, 10);

    expect([settled, dropped, outbound.inflightCount]).toEqual([[0], ["packet_too_large"], 0]);
  });

  it("stops while the receiver does not read", () => {
    const { outbound, source, link } = anOutbound();
    source.push(1);
    link.isWritable = false;

    outbound.attach(link, 10);
    expect(link.sent).toEqual([]);
    link.isWritable = true;
    outbound.ready();

    expect(link.sent).toEqual(["publish 1 qos 1"]);
  });

  it("is idle only when a message may overtake nothing", () => {
    const { outbound, source, link } = anOutbound();
    expect(outbound.isIdle).toBe(false);
    outbound.attach(link, 1);
    expect(outbound.isIdle).toBe(true);

    outbound.sendNow(aMessage(), aDelivery(1), 0);
    expect(outbound.isIdle).toBe(false);
    outbound.acknowledged(1);
    source.push(1, { seq: 1 });

    expect(outbound.isIdle).toBe(false);
  });
});
