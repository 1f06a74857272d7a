import { describe, expect, it } from "vitest";
import { NO_PROPERTIES, toProperties } from "../../../src/amqp/codec/basic-properties.ts";
import { fromPlain, toPlain } from "../../../src/amqp/codec/table-values.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import { type AmqpTestClient, contentFrames } from "../../support/amqp-client.ts";

async function confirming(broker: AmqpBroker): Promise<AmqpTestClient> {
  const client = await broker.connect();
  await client.call(1, { kind: "confirm.select", noWait: false });
  return client;
}

const closeText = (client: AmqpTestClient): string => {
  const { replyCode, replyText } = client.last("channel.close");
  return `${replyCode} ${replyText}`;
};

describe("Publishing over AMQP", () => {
  it("confirms what is on disk, many with one basic.ack", async () => {
    const broker = await AmqpBroker.open();
    const client = await confirming(broker);
    await client.declare("q");
    for (let i = 0; i < 10; i++) client.publish(1, "q", String(i));
    await broker.settle();

    expect(client.last("basic.ack")).toEqual({ kind: "basic.ack", deliveryTag: 10, multiple: true });
    expect(client.of("basic.ack").length).toBeLessThan(10);
    expect(await broker.rig.restarted("killed").then((rig) => rig.drain("q"))).toHaveLength(10);
  });

  it("rejects with basic.nack what a full queue refuses, and confirms the rest", async () => {
    const broker = await AmqpBroker.open();
    const client = await confirming(broker);
    const limits = fromPlain({ "x-max-length": 2, "x-overflow": "reject-publish" });
    await client.declare("q", { arguments: limits });
    for (let i = 0; i < 3; i++) {
      client.publish(1, "q", String(i));
      await broker.settle();
    }

    expect(client.of("basic.ack").map(({ deliveryTag }) => deliveryTag)).toEqual([1, 2]);
    expect(client.of("basic.nack").map(({ deliveryTag }) => deliveryTag)).toEqual([3]);
  });

  it("returns a mandatory message before it confirms it, and not one that was routed", async () => {
    const broker = await AmqpBroker.open();
    const client = await confirming(broker);
    await client.declare("q");
    client.publish(1, "q", "routed", { mandatory: true });
    client.publish(1, "nowhere", "returned", { mandatory: true });
    await broker.settle();
    const kinds = client.arrivals.map(({ method }) => method.kind);

    expect(client.of("basic.return")).toMatchObject([{ replyCode: 312, routingKey: "nowhere" }]);
    expect(kinds.indexOf("basic.return")).toBeLessThan(kinds.lastIndexOf("basic.ack"));
    expect(client.last("basic.ack").deliveryTag).toBe(2);
  });

  it("ends the connection with 540 for immediate", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    client.publish(1, "q", "now", { immediate: true });
    await broker.settle();

    expect(client.last("connection.close")).toMatchObject({ replyCode: 540, classId: 60, methodId: 40 });
  });

  it.each([
    [
      "an exchange that is not there",
      { exchange: "none" },
      "404 NOT_FOUND - no exchange 'none' in vhost '/'",
    ],
    [
      "a bad expiration",
      { properties: toProperties({ expiration: "soon" }) },
      "406 PRECONDITION_FAILED - invalid expiration 'soon'",
    ],
    [
      "a negative expiration",
      { properties: toProperties({ expiration: "-1" }) },
      "406 PRECONDITION_FAILED - invalid expiration '-1'",
    ],
    [
      "somebody else's user-id",
      { properties: toProperties({ userId: "eve" }) },
      "406 PRECONDITION_FAILED - user_id property set to 'eve' but authenticated user was 'guest'",
    ],
    [
      "replies without a reply consumer",
      { properties: toProperties({ replyTo: "amq.rabbitmq.reply-to" }) },
      "406 PRECONDITION_FAILED - fast reply consumer does not exist",
    ],
    [
      "CC that is no array",
      { properties: toProperties({ headers: fromPlain({ CC: "key" }) }) },
      "406 PRECONDITION_FAILED - CC header must be an array",
    ],
  ])("refuses %s", async (_, options, expected) => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    client.publish(1, "q", "m", options);
    await broker.settle();

    expect(closeText(client)).toBe(expected);
    expect(client.last("channel.close")).toMatchObject({ classId: 60, methodId: 40 });
  });

  it("accepts the user-id of the login", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect({ user: "ann", password: "x" });
    await client.declare("q");
    client.publish(1, "q", "mine", { properties: toProperties({ userId: "ann" }) });
    await broker.settle();

    expect(await broker.rig.drain("q")).toEqual(["mine"]);
  });

  it("refuses a message above the limit as soon as its size is announced, and discards its body", async () => {
    const broker = await AmqpBroker.open({ options: { maximumMessageSize: 1000 } });
    const client = await broker.connect();
    await client.declare("q");
    client.publish(1, "q", Buffer.alloc(1001));
    await broker.settle();
    client.send(1, { kind: "channel.close-ok" });
    await client.openChannel();
    client.publish(1, "q", Buffer.alloc(1000));
    await broker.settle();

    expect(closeText(client)).toBe(
      "406 PRECONDITION_FAILED - message size 1001 is larger than configured max size 1000",
    );
    expect(await broker.rig.drain("q")).toHaveLength(1);
  });

  it("puts a message together from many frames", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect({ frameMax: 4096 });
    await client.declare("q");
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    client.write(inFrames("q", body, 4096));
    await broker.settle();
    await client.consume("q", { noAck: true });
    const [delivered] = client.arrivals.slice(-1);

    expect(delivered?.body?.equals(body)).toBe(true);
    expect(client.missingBytes).toBe(0);
  });

  it("ends a connection whose unfinished messages on all channels take too much", async () => {
    const broker = await AmqpBroker.open({ options: { maximumMessageSize: 100_000 } });
    const client = await broker.connect();
    for (let channel = 2; channel <= 8; channel++) await client.openChannel(channel);
    for (let channel = 1; channel <= 8; channel++) {
      client.write(withoutEnd(inFrames("q", Buffer.alloc(100_000), 60_000, channel)));
    }
    await broker.settle();

    expect(client.last("connection.close").replyCode).toBe(506);
  });

  it("refuses another method between a publish and its content with 505", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    const publish = { exchange: "", routingKey: "q", mandatory: false, immediate: false };
    client.send(1, { kind: "basic.publish", ...publish });
    client.send(1, { kind: "confirm.select", noWait: false });
    await broker.settle();

    expect(client.last("connection.close").replyCode).toBe(505);
  });

  it("sends copies to the keys of CC and BCC, and hides BCC", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    for (const queue of ["to", "cc", "bcc"]) await client.declare(queue);
    const headers = fromPlain({ CC: ["cc"], BCC: ["bcc"], other: 1 });
    client.publish(1, "to", "m", { properties: toProperties({ headers }) });
    await broker.settle();
    await client.consume("bcc", { noAck: true });
    const [copy] = client.arrivals.slice(-1);

    for (const queue of ["to", "cc"]) expect(await broker.rig.drain(queue)).toEqual(["m"]);
    expect(toPlain(copy?.properties?.headers ?? [])).toEqual({ CC: ["cc"], other: 1 });
  });

  it("delivers the more urgent first in a queue with priorities", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q", { arguments: fromPlain({ "x-max-priority": 5 }) });
    client.publish(1, "q", "low", { properties: toProperties({ priority: 1 }) });
    client.publish(1, "q", "high", { properties: toProperties({ priority: 5 }) });
    await broker.settle();
    await client.consume("q", { noAck: true });

    expect(client.bodies).toEqual(["high", "low"]);
  });

  it("lets a message expire", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q");
    client.publish(1, "q", "short-lived", { properties: toProperties({ expiration: "1000" }) });
    await broker.settle();
    await broker.rig.clock.advance(1001);
    const got = await client.call(1, { kind: "basic.get", queue: "q", noAck: true });

    expect(got.kind).toBe("basic.get-empty");
  });
});

/** basic.publish with its content in frames of this size. */
function inFrames(routingKey: string, body: Buffer, frameMax: number, channel = 1): Buffer {
  const method = {
    kind: "basic.publish",
    exchange: "",
    routingKey,
    mandatory: false,
    immediate: false,
  } as const;
  return contentFrames(channel, method, NO_PROPERTIES, body, frameMax);
}

/** Without the last body frame, of 40,008 bytes of the body. */
function withoutEnd(frames: Buffer): Buffer {
  return frames.subarray(0, frames.length - (40_008 + 8));
}
