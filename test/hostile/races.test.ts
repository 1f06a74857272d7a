import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { aPublish, type RawClient } from "../support/raw-client.ts";
import { lasting, TestBroker } from "../support/test-broker.ts";
import { Random } from "./random.ts";

const FILTERS = ["a", "a/#", "+/b", "#", "$share/g/a", "$share/g/#", "$share/h/+/b"];
const TOPICS = ["a", "a/b", "a/b/c"];
const IDS = ["one", "two", "three"];
const STEPS = 300;

/** One client does one thing, without waiting for the answer. */
function act(random: Random, client: RawClient): void {
  const messageId = 1 + random.below(5);
  const topic = random.pick(TOPICS);
  switch (random.below(6)) {
    case 0:
      client.send({
        cmd: "subscribe",
        messageId,
        subscriptions: [{ topic: random.pick(FILTERS), qos: random.below(3) as 0 | 1 | 2 }],
      });
      return;
    case 1:
      client.send({ cmd: "unsubscribe", messageId, unsubscriptions: [random.pick(FILTERS)] });
      return;
    case 2:
      client.send({ cmd: "pubrel", messageId });
      return;
    case 3:
      client.send({ cmd: "puback", messageId: random.pick([1, 2, 65_535, 65_534]) });
      return;
    default: {
      const qos = random.below(3) as 0 | 1 | 2;
      client.send(aPublish({ topic, qos, retain: random.oneIn(4), ...(qos > 0 && { messageId }) }));
    }
  }
}

describe("clients that subscribe, unsubscribe, publish, vanish and take each other's sessions over at once", () => {
  // CVE-2025-59946
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("leave the broker whole, order %d", async (seed) => {
    const random = new Random(seed);
    const errors: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (fields, message) => errors.push([fields, message]) };
    const broker = await TestBroker.open({ logger });
    let clients: RawClient[] = [];

    for (let step = 0; step < STEPS; step++) {
      if (clients.length < 4 || random.oneIn(15)) {
        const { client } = broker.dial();
        const clientId = random.pick(IDS);
        const session = random.oneIn(2) ? lasting(clientId, random.oneIn(3)) : { clientId };
        client.connect(session).catch(() => {}); // taken over before it was answered
        clients.push(client);
      }
      if (random.oneIn(10)) void clients.splice(random.below(clients.length), 1)[0]?.hangUp();
      if (random.oneIn(20)) broker.store.hold();
      if (random.oneIn(5)) broker.store.release();
      if (clients.length > 0) act(random, random.pick(clients));
      if (random.oneIn(3)) await new Promise((resolve) => setImmediate(resolve));
    }
    broker.store.release();
    await broker.settle();
    await Promise.all(clients.map((client) => client.hangUp()));
    clients = [];
    for (const clientId of IDS) await (await broker.connect({ clientId, clean: true })).client.disconnect();
    await broker.settle();

    expect(errors).toEqual([]);
    expect(broker.mqtt.connectionCount).toBe(0);
    expect(broker.mqtt.sessions.count).toBe(0);
    expect(broker.router.subscriptionCount).toBe(0);
  });
});
