import { describe, expect, it } from "vitest";
import { Counters } from "../../src/base/counters.ts";
import { Metrics } from "../../src/metrics/prometheus.ts";
import { aBridge, someSources } from "./sources.ts";

async function linesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.render()).split("\n");
}

describe("Prometheus metrics", () => {
  it("render in the text format", async () => {
    const metrics = new Metrics(someSources());

    const lines = await linesOf(metrics);

    expect(metrics.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(lines).toContain("# TYPE causeway_connections_opened_total counter");
    expect(lines).toContain(`causeway_build_info{version="0.1.0",node="${process.versions.node}"} 1`);
  });

  it("follow the counters from scrape to scrape", async () => {
    const counters = new Counters();
    const metrics = new Metrics(someSources({ counters }));
    counters.connectionsOpened = 7;
    counters.bytesReceived = 1024;
    counters.messagesReceived[1] = 3;
    await metrics.render();
    counters.connectionsOpened = 8;
    counters.messagesReceived[1] = 5;

    const lines = await linesOf(metrics);

    expect(lines).toContain("causeway_connections_opened_total 8");
    expect(lines).toContain("causeway_received_bytes_total 1024");
    expect(lines).toContain('causeway_messages_received_total{qos="0"} 0');
    expect(lines).toContain('causeway_messages_received_total{qos="1"} 5');
  });

  it("show every reason for a drop, also those that never came up", async () => {
    const counters = new Counters();
    counters.drop("slow_receiver", 4);

    const lines = await linesOf(new Metrics(someSources({ counters })));

    expect(lines).toContain('causeway_messages_dropped_total{reason="slow_receiver"} 4');
    expect(lines).toContain('causeway_messages_dropped_total{reason="queue_full"} 0');
  });

  it("tell connections apart by transport and protocol version, and forget those that are gone", async () => {
    let connections = [
      { transport: "tcp", protocolVersion: 4, count: 2 } as const,
      { transport: "ws", protocolVersion: 5, count: 1 } as const,
    ];
    const metrics = new Metrics(someSources({ connections: () => connections }));

    const before = await linesOf(metrics);
    connections = connections.slice(0, 1);
    const after = await linesOf(metrics);

    expect(before).toContain('causeway_connections{transport="tcp",protocol_version="3.1.1"} 2');
    expect(before).toContain('causeway_connections{transport="ws",protocol_version="5"} 1');
    expect(after.filter((line) => line.startsWith("causeway_connections{"))).toHaveLength(1);
  });

  it("show sessions, subscriptions, retained messages and queues", async () => {
    const lines = await linesOf(
      new Metrics(
        someSources({
          sessions: () => ({ online: 2, offline: 3 }),
          subscriptions: () => 4,
          retainedMessages: () => 5,
          sessionQueues: () => ({ messages: 60, bytes: 700 }),
          longestSessionQueue: () => 50,
        }),
      ),
    );

    expect(lines).toContain('causeway_sessions{state="online"} 2');
    expect(lines).toContain('causeway_sessions{state="offline"} 3');
    expect(lines).toContain("causeway_subscriptions 4");
    expect(lines).toContain("causeway_retained_messages 5");
    expect(lines).toContain("causeway_queued_messages 60");
    expect(lines).toContain("causeway_queued_bytes 700");
    expect(lines).toContain("causeway_largest_queue_messages 50");
  });

  it("count commits, their sizes and their times", async () => {
    const metrics = new Metrics(someSources());
    metrics.observeCommit(3, 500, 0.002);
    metrics.observeCommit(100, 9000, 0.03);
    metrics.observeCommitFailure();

    const lines = await linesOf(metrics);

    expect(lines).toContain("causeway_commit_operations_sum 103");
    expect(lines).toContain('causeway_commit_operations_bucket{le="4"} 1');
    expect(lines).toContain("causeway_commit_size_bytes_sum 9500");
    expect(lines).toContain('causeway_commit_duration_seconds_bucket{le="0.0025"} 1');
    expect(lines).toContain("causeway_commit_duration_seconds_count 2");
    expect(lines).toContain("causeway_commit_failures_total 1");
  });

  it("show each bridge so that matched + held = delivered + dead letters + dropped + queued can be checked", async () => {
    const bridge = aBridge({
      state: "retrying",
      matched: 10,
      heldAtStart: 5,
      delivered: 6,
      deadLettered: 2,
      dropped: { expired: 3 },
      queued: 4,
      lagMs: 1500,
    });

    const lines = await linesOf(new Metrics(someSources({ bridges: () => [bridge] })));

    expect(lines).toContain('causeway_bridge_matched_total{bridge="lake"} 10');
    expect(lines).toContain('causeway_bridge_held_at_start_messages{bridge="lake"} 5');
    expect(lines).toContain('causeway_bridge_delivered_total{bridge="lake"} 6');
    expect(lines).toContain('causeway_bridge_dead_lettered_total{bridge="lake"} 2');
    expect(lines).toContain('causeway_bridge_dropped_total{bridge="lake",reason="expired"} 3');
    expect(lines).toContain('causeway_bridge_queued_messages{bridge="lake"} 4');
    expect(lines).toContain('causeway_bridge_lag_seconds{bridge="lake"} 1.5');
    expect(lines).toContain('causeway_bridge_state{bridge="lake",state="retrying"} 1');
    expect(lines).toContain('causeway_bridge_state{bridge="lake",state="up"} 0');
  });

  it("say whether the broker is healthy", async () => {
    let reasons: string[] = [];
    const metrics = new Metrics(someSources({ health: () => reasons }));

    const before = await linesOf(metrics);
    reasons = ["the store failed"];
    const after = await linesOf(metrics);

    expect(before).toContain("causeway_healthy 1");
    expect(after).toContain("causeway_healthy 0");
  });

  it("measure how busy the event loop was", async () => {
    const metrics = new Metrics(someSources());
    const until = performance.now() + 20;
    while (performance.now() < until);

    const line = (await linesOf(metrics)).find((each) =>
      each.startsWith("causeway_event_loop_utilization_ratio"),
    );

    expect(Number(line?.split(" ")[1])).toBeGreaterThan(0);
    expect(Number(line?.split(" ")[1])).toBeLessThanOrEqual(1);
  });

  it("bring the process' own figures", async () => {
    const text = await new Metrics(someSources()).render();

    expect(text).toContain("process_resident_memory_bytes ");
    expect(text).toContain("nodejs_eventloop_lag_p99_seconds ");
  });
});
