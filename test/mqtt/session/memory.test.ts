import { describe, expect, it } from "vitest";
import { heapBytesInUse } from "../../support/heap.ts";
import type { RawClient } from "../../support/raw-client.ts";
import { TestBroker } from "../../support/test-broker.ts";

const PER_PACKET = 1_000;
const FILTERS = Array.from({ length: 20_000 }, (_, at) => `site/4711/device-${at}/sensor/+/temp`);

function packets(filters: readonly string[]): string[][] {
  return Array.from({ length: filters.length / PER_PACKET }, (_, at) =>
    filters.slice(at * PER_PACKET, (at + 1) * PER_PACKET),
  );
}

async function subscribe(client: RawClient, topics: readonly string[]): Promise<void> {
  const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
  client.send({ cmd: "subscribe", messageId: 1, subscriptions });
  expect(await client.next()).toMatchObject({ cmd: "suback" });
}

async function unsubscribe(client: RawClient, topics: string[]): Promise<void> {
  client.send({ cmd: "unsubscribe", messageId: 1, unsubscriptions: topics });
  expect(await client.next()).toMatchObject({ cmd: "unsuback" });
}

describe.each([
  { kind: "that ends with its connection", clean: true },
  { kind: "that outlives its connection", clean: false },
])("a subscription of a session $kind", ({ clean }) => {
  it("takes less than 350 bytes, and nothing once it is gone", async () => {
    const broker = await TestBroker.open({ options: { maximumSubscriptionsPerClient: 2 * FILTERS.length } });
    const { client } = await broker.connect({ clientId: "c", clean }, 4);
    for (const topics of packets(FILTERS)) await subscribe(client, topics);
    for (const topics of packets(FILTERS)) await unsubscribe(client, topics);
    await broker.settle();
    const empty = heapBytesInUse();

    for (const topics of packets(FILTERS)) await subscribe(client, topics);
    await broker.settle();
    const full = heapBytesInUse();
    for (const topics of packets(FILTERS)) await unsubscribe(client, topics);
    await broker.settle();

    expect((full - empty) / FILTERS.length).toBeLessThan(350);
    expect((heapBytesInUse() - empty) / FILTERS.length).toBeLessThan(50);
  });
});
