import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Page, Query, Rows, SessionRow, Subject } from "../../../src/base/inspection.ts";
import { LiveInspection } from "../../../src/compose/inspection/live-inspection.ts";
import { RetainedIndex } from "../../../src/routing/retained-index.ts";
import { HostRig } from "../../queues/support/host-rig.ts";
import { aMessage } from "../../storage/samples.ts";
import { lasting, TestBroker } from "../../support/test-broker.ts";

const ALL: Query = { filter: "", sort: undefined, limit: 100, cursor: undefined };

describe("looking into a running broker", () => {
  let broker: TestBroker;
  let retained: RetainedIndex;
  let inspection: LiveInspection;
  let rig: HostRig;

  beforeEach(async () => {
    broker = await TestBroker.open();
    retained = new RetainedIndex();
    rig = await new HostRig().open();
    const { clock, machine, store, mqtt, router } = broker;
    inspection = new LiveInspection({
      version: "1.2.3",
      clock,
      machine,
      store,
      retained,
      bridges: [],
      hosts: () => rig.hosts.all(),
      mqtt: () => mqtt,
      subscriptionCount: () => router.subscriptionCount,
      health: () => ["the store cannot be written"],
    });
  });
  afterEach(() => broker.journal.close());

  async function list<S extends Subject>(subject: S, query: Partial<Query> = {}) {
    return ((await inspection.list(subject, { ...ALL, ...query })) as Page<Rows[S]>).rows;
  }

  async function sessionOf(clientId: string): Promise<SessionRow | undefined> {
    return (await list("sessions")).find((row) => row.clientId === clientId);
  }

  async function publish(topic: string, payload = "1", qos: 1 | 2 = 1): Promise<void> {
    const { client } = await broker.connect({ clientId: "publisher" });
    client.send({ cmd: "publish", topic, payload, qos, messageId: 9, dup: false, retain: false });
    await client.next();
    await client.disconnect();
    await broker.settle();
  }

  /** A client that subscribed to two filters and is away since. */
  async function leaveSession(clientId: string): Promise<void> {
    const { client } = await broker.connect(lasting(clientId));
    await client.subscribe("a/#", { qos: 1 });
    await client.subscribe(`own/${clientId}`, { qos: 2 });
    await client.disconnect();
    await broker.settle();
  }

  it("shows an AMQP-style queue: what waits, who holds what and since when, where it is bound", async () => {
    const settings = { arguments: [{ name: "x-max-length", field: { type: "I", value: 9 } }] } as const;
    await rig.declareQueue("orders", settings);
    await rig.bind("amq.topic", "orders", "a.#");
    for (const body of ["1", "22", "333"]) await rig.publish("", "orders", body);
    const consumer = {
      noAck: false,
      client: "anna 127.0.0.1",
      mayTake: () => true,
      cancelled() {},
      timedOut() {},
    };
    const held: unknown[] = [];
    const deliver = (delivery: unknown): void => void held.push(delivery);
    const mayTake = (): boolean => held.length < 2;
    rig.hosts.first?.consume(
      {
        queue: "orders",
        tag: "c",
        exclusive: false,
        arguments: [],
        consumer: { ...consumer, deliver, mayTake },
      },
      rig.owner,
    );
    await broker.settle();

    const [row] = await list("work-queues");

    expect(held).toHaveLength(2);
    expect(row).toMatchObject({
      ...{ name: "orders", virtualHost: "/", durable: true, settings: { maximumLength: 9 } },
      ...{ messages: 1, bytes: 3, unacknowledged: 2, unreadMs: null, consumerCount: 1, bindingCount: 1 },
      consumers: [{ tag: "c", client: "anna 127.0.0.1", held: 2, heldMs: 0 }],
      bindings: [{ exchange: "amq.topic", routingKey: "a.#" }],
      counters: { published: 3, delivered: 2, acknowledged: 0 },
    });
  });

  it("tells for how long nobody has read a queue", async () => {
    await rig.declareQueue("orders");
    await rig.declareQueue("empty");
    await rig.publish("", "orders", "1");
    await broker.clock.advance(60_000);

    const rows = await list("work-queues", { sort: "messages" });

    expect(rows.map(({ name, unreadMs }) => [name, unreadMs === null])).toEqual([
      ["orders", false],
      ["empty", true],
    ]);
    expect(rows[0]?.unreadMs).toBeGreaterThanOrEqual(60_000);
  });

  it("shows a session that is away: its subscriptions, what waits, since when, and when it ends", async () => {
    await leaveSession("anna");
    await publish("a/b", "12345");
    await publish("a/b", "1");
    await broker.clock.advance(90_000);

    expect(await sessionOf("anna")).toEqual({
      clientId: "anna",
      user: "",
      isConnected: false,
      isDurable: true,
      expiresInMs: 3600_000 - 90_000,
      subscriptions: 2,
      topicFilters: ["a/#", "own/anna"],
      messages: 2,
      bytes: 6 + 2 * 64,
      oldestMs: 90_000,
      unreleased: 0,
      dropped: {},
      will: null,
    });
  });

  it("shows a connected session: what is unacknowledged and since when, its will, QoS 2 ids not released", async () => {
    const will = { topic: "gone", payload: Buffer.from("bye"), qos: 1 as const, retain: true };
    const { client } = await broker.connect({ ...lasting("anna"), will });
    await client.subscribe("a/#", { qos: 1 });
    client.send({
      cmd: "publish",
      topic: "x",
      payload: "2",
      qos: 2,
      messageId: 5,
      dup: false,
      retain: false,
    });
    await publish("a/b");
    await broker.clock.advance(2_000);

    expect(await sessionOf("anna")).toMatchObject({
      isConnected: true,
      expiresInMs: null,
      messages: 1,
      oldestMs: 2_000,
      unreleased: 1,
      will: { topicName: "gone", qos: 1, retain: true, payloadBytes: 3, delaySeconds: 0 },
    });
  });

  it("shows a session that ends with its connection as such", async () => {
    const { client } = await broker.connect({ clientId: "passing", clean: true });
    await client.subscribe("a", { qos: 0 });

    expect(await sessionOf("passing")).toMatchObject({
      isDurable: false,
      isConnected: true,
      topicFilters: ["a"],
      oldestMs: null,
    });
  });

  it("sorts by what waits and by its age", async () => {
    for (const clientId of ["few", "many", "none"]) await leaveSession(clientId);
    await publish("own/few", "x".repeat(500));
    await broker.clock.advance(5);
    for (let i = 0; i < 3; i++) await publish("own/many");
    const idsBy = async (sort: Query["sort"]) =>
      (await list("sessions", { sort })).map(({ clientId }) => clientId).filter((id) => id !== "publisher");

    expect(await idsBy("messages")).toEqual(["many", "few", "none"]);
    expect(await idsBy("bytes")).toEqual(["few", "many", "none"]);
    expect(await idsBy("age")).toEqual(["few", "many", "none"]);
  });

  it("shows queues with their consumers", async () => {
    await leaveSession("anna");
    await publish("a/b");
    await broker.connect(lasting("bert"));

    expect(await list("queues", { filter: "session/" })).toEqual([
      { name: "session/anna", messages: 1, bytes: 65, oldestMs: 0, consumers: 0 },
      { name: "session/bert", messages: 0, bytes: 0, oldestMs: null, consumers: 1 },
    ]);
  });

  it("shows retained messages below a prefix, in the middle of a level too", async () => {
    for (const topicName of ["plant/1/temp", "plant/12/temp", "plant/2", "other", "$own/x"]) {
      retained.set(aMessage({ topicName, retain: true, receivedAt: 0, expiresAt: 61_000 }));
    }
    const namesBelow = async (filter: string) =>
      (await list("retained", { filter })).map(({ topicName }) => topicName);

    expect(await namesBelow("plant/1")).toEqual(["plant/1/temp", "plant/12/temp"]);
    expect(await namesBelow("plant/2")).toEqual(["plant/2"]);
    expect(await namesBelow("$own/")).toEqual(["$own/x"]);
    expect(await list("retained", { filter: "other" })).toEqual([
      { topicName: "other", qos: 1, bytes: 4, ageMs: 1_000, expiresInMs: 60_000, publisherId: "sensor" },
    ]);
  });

  it("sums up", async () => {
    await leaveSession("anna");
    await publish("a/b");
    await broker.connect({ clientId: "passing", clean: true });

    expect(await inspection.summary()).toEqual({
      version: "1.2.3",
      problems: ["the store cannot be written"],
      sessions: { total: 2, connected: 1, durable: 1 },
      subscriptions: 2,
      queues: { count: 1, messages: 1, bytes: 65 },
      largestQueue: "session/anna",
      retained: { count: 0, messages: 0, bytes: 0 },
      bridges: 0,
    });
  });
});
