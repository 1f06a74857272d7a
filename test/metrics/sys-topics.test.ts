import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { MetricsSources } from "../../src/metrics/sources.ts";
import { LOAD_MINUTES, SYS_LOADS, SYS_TOPICS } from "../../src/metrics/sys-catalogue.ts";
import { SysTopics } from "../../src/metrics/sys-topics.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { someSources } from "./sources.ts";

const DOCUMENT = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

function started(changes: Partial<MetricsSources> = {}) {
  const clock = new FakeClock();
  const sources = someSources(changes);
  const heap = { bytes: 1000 };
  const published = new Map<string, string>();
  const topics = new SysTopics({
    sources,
    clock,
    heapBytes: () => heap.bytes,
    publish: (topic, payload) => published.set(topic.replace("$SYS/broker/", ""), payload),
  });
  topics.start(10);
  /** What one more interval publishes. */
  const next = async (): Promise<Record<string, string>> => {
    published.clear();
    await clock.advance(10_000);
    return Object.fromEntries(published);
  };
  return { topics, counters: sources.counters, heap, published, next };
}

describe("the $SYS topics", () => {
  it("are all published at the start", () => {
    const { published } = started({ version: "1.2.3", retainedMessages: () => 7 });

    const loads = Object.keys(SYS_LOADS).flatMap((name) =>
      LOAD_MINUTES.map((minutes) => `load/${name}/${minutes}min`),
    );
    expect([...published.keys()].sort()).toEqual([...Object.keys(SYS_TOPICS), ...loads].sort());
    expect(published.get("version")).toBe("causeway version 1.2.3");
    expect(published.get("uptime")).toBe("0 seconds");
    expect(published.get("retained messages/count")).toBe("7");
    expect(published.get("load/bytes/sent/15min")).toBe("0.00");
  });

  it("are published again only when they have changed", async () => {
    const { counters, next } = started();

    expect(await next()).toEqual({ uptime: "10 seconds" });
    counters.bytesReceived = 5;
    expect(await next()).toEqual({
      uptime: "20 seconds",
      "bytes/received": "5",
      "load/bytes/received/1min": "4.61",
      "load/bytes/received/5min": "0.98",
      "load/bytes/received/15min": "0.33",
    });
  });

  it("tell sessions apart and remember the most that were connected", async () => {
    let sessions = { online: 3, offline: 4 };
    const { published, next } = started({ sessions: () => sessions });
    expect(published.get("clients/maximum")).toBe("3");
    expect(published.get("clients/total")).toBe("7");

    sessions = { online: 1, offline: 5 };

    expect(await next()).toMatchObject({
      "clients/connected": "1",
      "clients/disconnected": "5",
      "clients/total": "6",
    });
    expect(await next()).not.toHaveProperty("clients/maximum"); // still 3
  });

  it("add up what is counted by QoS and by reason", async () => {
    const { counters, next } = started();

    counters.messagesReceived[0] = 1;
    counters.messagesReceived[2] = 2;
    counters.drop("expired", 4);
    counters.drop("queue_full", 5);

    expect(await next()).toMatchObject({
      "publish/messages/received": "3",
      "publish/messages/dropped": "9",
    });
  });

  it("show the heap now and at its largest", async () => {
    const { heap, next } = started();

    heap.bytes = 3000;
    expect(await next()).toMatchObject({ "heap/current": "3000", "heap/maximum": "3000" });
    heap.bytes = 2000;
    const later = await next();

    expect(later).toMatchObject({ "heap/current": "2000" });
    expect(later).not.toHaveProperty("heap/maximum");
  });

  it("end when they are stopped", async () => {
    const { topics, next } = started();

    topics.stop();

    expect(await next()).toEqual({});
  });

  it("are those that docs/metrics.md lists", () => {
    const section =
      DOCUMENT.split("\n## ").find((text) => text.startsWith("Topics of the broker's own")) ?? "";
    const documented = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);

    const loads = Object.keys(SYS_LOADS).map((name) => `load/${name}/+`);
    expect(documented).toEqual([...Object.keys(SYS_TOPICS), ...loads]);
  });
});
