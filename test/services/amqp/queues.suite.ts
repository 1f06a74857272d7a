import { expect, it } from "vitest";
import type { DrivenDelivery } from "../../support/services/amqp-driver.ts";
import type { AmqpRig } from "./amqp-rig.ts";

/** Confirms, returns, dead letters, time to live and priorities. */
export function describeQueues(rig: AmqpRig): void {
  it("confirms what it has taken, in order", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name(), { durable: true });
    const bodies = Array.from({ length: 50 }, (_, n) => `job ${n}`);

    const outcomes = await Promise.all(bodies.map((body) => client.send(queue, body, { deliveryMode: 2 })));
    await client.consume(queue, { noAck: true });
    await client.waitForMessages(bodies.length);

    expect(new Set(outcomes)).toEqual(new Set(["confirmed"]));
    expect(client.bodies()).toEqual(bodies);
    await client.deleteQueue(queue);
  });

  it("returns a mandatory message that no queue takes with 312, and confirms it", async () => {
    const client = await rig.client({ confirms: true });

    const outcome = await client.publish("amq.direct", rig.name(), "nowhere", { mandatory: true });

    await client.waitUntil(() => client.returned.length > 0, "return");

    expect(outcome).toBe("confirmed");
    expect(client.returned).toMatchObject([{ code: 312, body: "nowhere" }]);
  });

  it("rejects what a full queue with reject-publish does not take", async () => {
    const client = await rig.client({ confirms: true });
    const fields = { "x-max-length": 1, "x-overflow": "reject-publish" };
    const queue = await client.declareQueue(rig.name(), { exclusive: true, arguments: fields });

    expect(await client.send(queue, "fits")).toBe("confirmed");
    expect(await client.send(queue, "too much")).toBe("rejected");
  });

  it("gives the exchange for dead letters what was rejected, has expired or had no room", async () => {
    const client = await rig.client({ confirms: true });
    const { work, dead } = await aQueueWithDeadLetters({ "x-max-length": 2 });

    await client.send(work, "pushed out");
    await client.send(work, "rejected");
    await client.send(work, "expired", { expiration: "1" });
    const second = await client.get(work);
    await client.nack(second!, false);
    await client.consume(dead, { noAck: true });
    const letters = await client.waitForMessages(3);

    // What is behind the rejected one expires as soon as nothing is before it: these two come in either order.
    const deaths = Object.fromEntries(letters.map((letter) => [letter.body, deathOf(letter)]));
    expect(letters[0]!.body).toBe("pushed out");
    expect(deaths).toMatchObject({
      "pushed out": { reason: "maxlen", queue: work, count: 1 },
      rejected: { reason: "rejected", queue: work, count: 1 },
      expired: { reason: "expired", queue: work, count: 1, "original-expiration": "1" },
    });

    async function aQueueWithDeadLetters(fields: object): Promise<{ work: string; dead: string }> {
      const exchange = rig.name();
      await client.declareExchange(exchange, "fanout");
      const dead = await client.ownQueue();
      await client.bind(dead, exchange);
      const all = { "x-dead-letter-exchange": exchange, ...fields };
      return { dead, work: await client.declareQueue(rig.name(), { exclusive: true, arguments: all }) };
    }
  });

  it("counts in x-death how often a message came back from the queue it waits in", async () => {
    const client = await rig.client({ confirms: true });
    const work = rig.name();
    const wait = rig.name();
    await client.declareQueue(work, { exclusive: true, arguments: deadLettersTo(wait) });
    await client.declareQueue(wait, {
      exclusive: true,
      arguments: { ...deadLettersTo(work), "x-message-ttl": 1 },
    });
    await client.consume(work);

    await client.send(work, "again");
    for (const attempt of [1, 2, 3]) {
      const message = (await client.waitForMessages(attempt))[attempt - 1]!;
      await (attempt < 3 ? client.nack(message, false) : client.ack(message));
    }

    expect(deathsOf(client.received[2]!)).toMatchObject([
      { queue: wait, reason: "expired", count: 2 },
      { queue: work, reason: "rejected", count: 2 },
    ]);
  });

  it("lets the smaller of a message's and its queue's time to live hold", async () => {
    const client = await rig.client({ confirms: true });
    const dead = await client.ownQueue();
    const fields = { ...deadLettersTo(dead), "x-message-ttl": 60_000 };
    const queue = await client.declareQueue(rig.name(), { exclusive: true, arguments: fields });

    await client.send(queue, "short", { expiration: "1" });
    await client.send(queue, "long", { expiration: "120000" });
    await client.consume(dead, { noAck: true });
    await client.waitForMessages(1);

    expect(client.bodies()).toEqual(["short"]);
    expect((await client.get(queue))?.body).toBe("long");
  });

  it("hands out the highest priority first, and equal ones in order", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name(), {
      exclusive: true,
      arguments: { "x-max-priority": 10 },
    });

    for (const [body, priority] of [
      ["low", 1],
      ["high", 9],
      ["none", 0],
      ["high too", 9],
      ["above", 200],
    ] as const) {
      await client.send(queue, body, { priority });
    }
    await client.consume(queue, { noAck: true });
    await client.waitForMessages(5);

    expect(client.bodies()).toEqual(["above", "high", "high too", "low", "none"]);
  });

  it("counts, purges and deletes", async () => {
    const client = await rig.client({ confirms: true });
    const queue = await client.declareQueue(rig.name());
    await client.send(queue, "1");
    await client.send(queue, "2");

    expect(await client.countOf(queue)).toEqual({ messages: 2, consumers: 0 });
    expect(await client.purge(queue)).toBe(2);
    expect(await client.countOf(queue)).toEqual({ messages: 0, consumers: 0 });
    await client.deleteQueue(queue);
    await client.deleteQueue(queue); // of what is not there: no error
  });
}

/** To a queue, by way of the default exchange. */
function deadLettersTo(queue: string): object & Record<string, string> {
  return { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue };
}

function deathsOf({ properties }: DrivenDelivery): unknown {
  return properties.headers?.["x-death"];
}

function deathOf(message: DrivenDelivery): unknown {
  const deaths = deathsOf(message);
  return Array.isArray(deaths) ? deaths[0] : undefined;
}
