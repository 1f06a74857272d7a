import { describe, expect, it } from "vitest";
import { HEARTBEAT_FRAME } from "../../../src/amqp/codec/frames.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";

const CLOSE = { kind: "connection.close", replyCode: 200, replyText: "", classId: 0, methodId: 0 } as const;

describe("Endings of an AMQP connection", () => {
  it("deletes exclusive queues before it answers a close, and gives back what was not settled", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("mine", { exclusive: true });
    await client.declare("shared");
    client.publish(1, "shared", "m");
    await client.consume("shared");

    expect(await client.call(0, CLOSE)).toEqual({ kind: "connection.close-ok" });

    const other = await broker.connect();
    expect(await other.declare("mine", { passive: true })).toMatchObject({ replyCode: 404 });
    await other.openChannel(2);
    expect(await other.declare("shared", {}, 2)).toMatchObject({ messageCount: 1 });
  });

  it("reads and discards what comes after the client's close, for 30 seconds", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q");
    client.send(0, CLOSE);
    client.publish(1, "q", "too late");
    await broker.settle();
    const ended = client.isEnded;
    await broker.rig.clock.advance(31_000);

    expect(ended).toBe(false);
    expect(client.isEnded).toBe(true);
    expect(await broker.rig.drain("q")).toEqual([]);
  });

  it("gives back to the queue what a client held that is gone without a word, redelivered", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q");
    for (const text of ["one", "two"]) client.publish(1, "q", text);
    await client.consume("q");
    client.stream.destroy();
    await broker.settle();
    const other = await broker.connect();
    await other.consume("q");

    expect(client.bodies).toEqual(["one", "two"]);
    expect(other.bodies).toEqual(["one", "two"]);
    expect(other.of("basic.deliver").map(({ redelivered }) => redelivered)).toEqual([true, true]);
  });

  it("sends heartbeats at half the interval and gives up after two without a byte (AMQP 0-9-1 §4.2.7)", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect({ heartbeat: 10 });
    await broker.rig.clock.advance(6_000);
    await broker.settle();
    client.write(HEARTBEAT_FRAME);
    await broker.settle();
    const sent = client.heartbeats;
    await broker.rig.clock.advance(19_000);
    const before = client.isEnded;
    await broker.rig.clock.advance(2_000);

    expect(sent).toBe(1);
    expect(before).toBe(false);
    expect(client.isEnded).toBe(true);
  });

  it("tells clients with 320 that the broker goes, and waits a bounded time for their answers", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    let isDown = false;
    const down = broker.server.shutDown().then(() => {
      isDown = true;
    });
    await broker.settle();
    const before = isDown;
    await broker.rig.clock.advance(4_000);
    await down;

    expect(client.last("connection.close")).toMatchObject({ replyCode: 320 });
    expect(client.last("connection.close").replyText).toMatch(/^CONNECTION_FORCED - /);
    expect(before).toBe(false);
    expect(broker.server.connectionCount).toBe(0);
  });

  it("holds publishers while there is an alarm, and tells those that can be told", async () => {
    const broker = await AmqpBroker.open();
    const publisher = await broker.connect();
    const consumer = await broker.connect();
    await publisher.declare("q");
    publisher.publish(1, "q", "before");
    await broker.settle();

    broker.server.alarm("disk");
    publisher.publish(1, "q", "during");
    await broker.settle();
    await consumer.consume("q", { noAck: true });
    const during = consumer.bodies;
    broker.server.alarm(undefined);
    await broker.settle();

    expect(publisher.of("connection.blocked")).toEqual([{ kind: "connection.blocked", reason: "disk" }]);
    expect(consumer.of("connection.blocked")).toEqual([]);
    expect(during).toEqual(["before"]);
    expect(publisher.of("connection.unblocked")).toHaveLength(1);
    expect(consumer.bodies).toEqual(["before", "during"]);
  });

  it("does not read publishers while the journal is behind", async () => {
    let caughtUp: (() => void) | undefined;
    let isBehind = false;
    const broker = await AmqpBroker.open({
      journal: (real) => ({
        get isBehind() {
          return isBehind;
        },
        whenCaughtUp: (task) => {
          caughtUp = task;
        },
        whenCommitted: (waiter, token) => real.whenCommitted(waiter, token),
      }),
    });
    const client = await broker.connect();
    await client.declare("q");
    isBehind = true;
    client.publish(1, "q", "one");
    await broker.settle();
    client.publish(1, "q", "two");
    await broker.settle();
    const unread = client.stream.unreadChunks;
    isBehind = false;
    caughtUp?.();
    await broker.settle();

    expect(unread).toBe(1);
    expect(await broker.rig.drain("q")).toEqual(["one", "two"]);
  });

  it("stops delivering to a client that does not read, and goes on when it does", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();
    await client.declare("q");
    await client.consume("q", { noAck: true });
    client.stream.stall();
    const publisher = await broker.connect();
    const body = Buffer.alloc(512 * 1024);
    for (let i = 0; i < 40; i++) {
      publisher.publish(1, "q", body);
      await broker.settle();
    }
    const held = client.stream.bufferedBytes;
    const { messageCount } = (await publisher.declare("q")) as unknown as { messageCount: number };
    client.stream.unstall();
    await broker.settle();

    expect(held).toBeLessThan(6 * 1024 * 1024);
    expect(messageCount).toBeGreaterThan(20);
    expect(client.bodies).toHaveLength(40);
  });
});
