import { describe, expect, it } from "vitest";
import { AmqpBroker } from "../../support/amqp-broker.ts";
import type { AmqpTestClient } from "../../support/amqp-client.ts";

const MIB = 1024 * 1024;

async function transacting(broker: AmqpBroker): Promise<AmqpTestClient> {
  const client = await broker.connect();
  await client.declare("q");
  await client.call(1, { kind: "tx.select" });
  return client;
}

describe("Transactions over AMQP", () => {
  it("publish nothing before the commit, and all of it with it", async () => {
    const broker = await AmqpBroker.open();
    const client = await transacting(broker);
    for (const text of ["1", "2"]) client.publish(1, "q", text);
    await broker.settle();
    const before = await broker.rig.drain("q");
    const answer = await client.call(1, { kind: "tx.commit" });

    expect(before).toEqual([]);
    expect(answer.kind).toBe("tx.commit-ok");
    expect(await (await broker.rig.restarted("killed")).drain("q")).toEqual(["1", "2"]);
  });

  it("forget publications that are rolled back, and let what they settled be settled again", async () => {
    const broker = await AmqpBroker.open();
    const client = await transacting(broker);
    const publisher = await broker.connect();
    publisher.publish(1, "q", "held");
    await broker.settle();
    await client.consume("q");
    client.publish(1, "q", "never");
    await client.ask(1, { kind: "basic.ack", deliveryTag: 1, multiple: false });
    const answer = await client.call(1, { kind: "tx.rollback" });
    await client.ask(1, { kind: "basic.ack", deliveryTag: 1, multiple: false });
    const committed = await client.call(1, { kind: "tx.commit" });

    expect(answer.kind).toBe("tx.rollback-ok");
    expect(committed.kind).toBe("tx.commit-ok");
    expect(client.of("channel.close")).toEqual([]);
    expect(await broker.rig.drain("q")).toEqual([]);
  });

  it("keep messages in hands until the commit, and give back what they settled when the channel ends before", async () => {
    const broker = await AmqpBroker.open();
    const client = await transacting(broker);
    (await broker.connect()).publish(1, "q", "held");
    await broker.settle();
    await client.consume("q");
    await client.ask(1, { kind: "basic.ack", deliveryTag: 1, multiple: false });
    client.stream.destroy();
    await broker.settle();

    expect(await broker.rig.drain("q")).toEqual(["held"]);
  });

  it("are bounded for all channels of a connection together, and a rollback makes room", async () => {
    const broker = await AmqpBroker.open({ options: { maximumMessageSize: 32 * MIB } });
    const client = await transacting(broker);
    await client.openChannel(2);
    await client.call(2, { kind: "tx.select" });
    const body = Buffer.alloc(31 * MIB);
    for (const channel of [1, 2]) client.publish(channel, "q", body);
    const rolledBack = await client.call(1, { kind: "tx.rollback" });
    for (const channel of [1, 1]) client.publish(channel, "q", body);
    await broker.settle();

    expect(rolledBack.kind).toBe("tx.rollback-ok");
    expect(client.last("channel.close").replyCode).toBe(406);
    client.publish(2, "q", body);
    await broker.settle();
    expect((await client.call(2, { kind: "tx.commit" })).kind).toBe("tx.commit-ok");
  });

  it("refuse an exchange that is not there when it is named, not at the commit", async () => {
    const broker = await AmqpBroker.open();
    const client = await transacting(broker);
    client.publish(1, "q", "m", { exchange: "none" });
    await broker.settle();

    expect(client.last("channel.close")).toMatchObject({ replyCode: 404, classId: 60, methodId: 40 });
  });

  it("return mandatory messages at the commit", async () => {
    const broker = await AmqpBroker.open();
    const client = await transacting(broker);
    client.publish(1, "nowhere", "m", { mandatory: true });
    await broker.settle();
    const before = client.of("basic.return").length;
    const [first, second] = await client.ask(1, { kind: "tx.commit" });

    expect(before).toBe(0);
    expect([first?.method.kind, second?.method.kind]).toEqual(["basic.return", "tx.commit-ok"]);
  });

  it("do not mix with confirms: 406", async () => {
    const broker = await AmqpBroker.open();
    const client = await transacting(broker);
    await client.openChannel(2);
    await client.call(2, { kind: "confirm.select", noWait: false });

    expect(await client.call(1, { kind: "confirm.select", noWait: false })).toMatchObject({
      replyCode: 406,
      replyText: "PRECONDITION_FAILED - cannot switch from tx to confirm mode",
    });
    expect(await client.call(2, { kind: "tx.select" })).toMatchObject({
      replyCode: 406,
      replyText: "PRECONDITION_FAILED - cannot switch from confirm to tx mode",
    });
  });

  it("must be begun: 406 for a commit without", async () => {
    const broker = await AmqpBroker.open();
    const client = await broker.connect();

    expect(await client.call(1, { kind: "tx.commit" })).toMatchObject({
      replyCode: 406,
      replyText: "PRECONDITION_FAILED - channel is not transactional",
    });
  });
});
