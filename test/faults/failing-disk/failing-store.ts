import { setTimeout as delay } from "node:timers/promises";
import { expect, vi } from "vitest";
import { aPublish, tcpClient } from "../../support/raw-client.ts";
import { readMetric } from "../../support/read-metric.ts";
import type { KillableBroker } from "../support/killable-broker.ts";
import type { Publisher } from "../support/publisher.ts";

const PATIENCE = { timeout: 30_000, interval: 50 };

export function acknowledgedBy(publishers: readonly Publisher[]): Map<string, number> {
  return new Map(publishers.flatMap(({ acknowledged }) => [...acknowledged]));
}

function total(publishers: readonly Publisher[]): number {
  return [...acknowledgedBy(publishers).values()].reduce((sum, sequence) => sum + sequence, 0);
}

/** Waits until so many more messages are acknowledged. */
export async function expectProgress(publishers: readonly Publisher[], count: number): Promise<void> {
  const wanted = total(publishers) + count;
  await vi.waitFor(() => expect(total(publishers)).toBeGreaterThanOrEqual(wanted), PATIENCE);
}

/**
 * The store fails: operators see it, nothing is acknowledged while it does, QoS 0 flows all the same. On a disk that is
 * almost full a small batch may still succeed, so the store has to fail three times in a row.
 */
export async function expectRefusal(broker: KillableBroker, publishers: readonly Publisher[]): Promise<void> {
  await vi.waitFor(() => expectSilence(broker, publishers), { timeout: 90_000, interval: 50 });

  expect(broker.logged("error").join("\n")).toContain("nothing is acknowledged until it can");
  await expectQoS0(broker);
}

async function expectSilence(broker: KillableBroker, publishers: readonly Publisher[]): Promise<void> {
  const acknowledged = total(publishers);
  const failures = await failedCommits(broker);
  for (;;) {
    const { status, body } = await health(broker);
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: "unavailable",
      reasons: [expect.stringContaining("the store cannot be written")],
    });
    expect(total(publishers)).toBe(acknowledged);
    if ((await failedCommits(broker)) >= failures + 3) return;
    await delay(50);
  }
}

/** The store works again: so does the broker, by itself. */
export async function expectResumption(
  broker: KillableBroker,
  publishers: readonly Publisher[],
): Promise<void> {
  await vi.waitFor(async () => expect((await health(broker)).status).toBe(200), PATIENCE);
  await expectProgress(publishers, 50);
  for (const publisher of publishers) publisher.pause();
  await Promise.all(publishers.map((publisher) => publisher.idle()));
  expect(publishers.flatMap(({ faults }) => faults)).toEqual([]);
}

async function expectQoS0({ tcpPort }: KillableBroker): Promise<void> {
  const subscriber = await tcpClient(tcpPort);
  await subscriber.connect({ clientId: "" });
  await subscriber.subscribe("now");
  const publisher = await tcpClient(tcpPort);
  await publisher.connect({ clientId: "" });
  publisher.send(aPublish({ topic: "now" }));
  expect(await subscriber.next()).toMatchObject({ cmd: "publish", topic: "now" });
  await publisher.disconnect();
  await subscriber.disconnect();
}

async function health({ adminPort }: KillableBroker): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/health`);
  return { status: response.status, body: await response.json() };
}

function failedCommits({ adminPort }: KillableBroker): Promise<number> {
  return readMetric(adminPort, "causeway_commit_failures_total");
}
