import { describe, expect, it } from "vitest";
import { encodeMethodFrame, PROTOCOL_HEADER } from "../../../src/amqp/codec/frames.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { AmqpBroker } from "../../support/amqp-broker.ts";

describe("AMQP connections from one address", () => {
  it("are closed before a byte is read when there are too many, and counted", async () => {
    const broker = await AmqpBroker.open({ entrance: { maximumConnectionsPerAddress: 2 } });
    await broker.connect();
    await broker.connect();

    const third = broker.dial();
    third.write(PROTOCOL_HEADER);
    await broker.settle();

    expect([third.isEnded, third.arrivals]).toEqual([true, []]);
    expect(broker.counters.limitsReached.get("connections_per_address")).toBe(1);
    expect(broker.server.counters.connectionsRefused).toBe(1);
    expect(broker.server.connectionCount).toBe(2);
  });

  it("make room when one ends", async () => {
    const broker = await AmqpBroker.open({ entrance: { maximumConnectionsPerAddress: 1 } });
    const first = await broker.connect();
    first.stream.destroy();
    await broker.settle();

    const second = await broker.connect();

    expect(second.of("connection.open-ok")).toHaveLength(1);
  });

  it("from this machine are not counted unless told so", async () => {
    const broker = await AmqpBroker.open({
      entrance: { maximumConnectionsPerAddress: 1, exemptLoopback: true },
    });
    await broker.connect();

    expect((await broker.connect()).of("connection.open-ok")).toHaveLength(1);
  });
});

describe("AMQP clients per second", () => {
  it("beyond a burst of twice the rate are closed without an answer, and come in as time passes", async () => {
    const broker = await AmqpBroker.open({ entrance: { connectRate: 1 } });
    await broker.connect();
    await broker.connect();

    const refused = broker.dial();
    await refused.open();

    expect([refused.isEnded, refused.arrivals]).toEqual([true, []]);
    expect(broker.counters.limitsReached.get("connect_rate")).toBe(1);
    expect(broker.server.counters.connectionsRefused).toBe(1);
    await broker.rig.clock.advance(1000);
    expect((await broker.connect()).of("connection.open-ok")).toHaveLength(1);
  });

  it("get no answer to what came with the header either when they are refused", async () => {
    const broker = await AmqpBroker.open({ entrance: { connectRate: 1 } });
    for (let i = 0; i < 2; i++) await broker.connect();
    const { bytesSent } = broker.server.counters;
    const bye = { replyCode: 200, replyText: "", classId: 0, methodId: 0 };
    const close = encodeMethodFrame(0, { kind: "connection.close", ...bye });

    const refused = broker.dial();
    refused.write(Buffer.concat([PROTOCOL_HEADER, close]));
    await broker.settle();

    expect(refused.isEnded).toBe(true);
    expect(broker.server.counters.bytesSent).toBe(bytesSent);
  });
});

describe("The delay of the event loop", () => {
  it("above the limit keeps new AMQP clients out and serves those that are there", async () => {
    const delay = { ms: 0 };
    const broker = await AmqpBroker.open({
      entrance: { maximumLoopDelay: 100 },
      loopDelayMs: () => delay.ms,
    });
    const before = await broker.connect();

    delay.ms = 101;
    const refused = broker.dial();
    await refused.open();

    expect([refused.isEnded, refused.arrivals]).toEqual([true, []]);
    expect(broker.counters.limitsReached.get("loop_delay")).toBe(1);
    expect(broker.server.counters.connectionsRefused).toBe(1);
    expect(await before.declare("q")).toMatchObject({ kind: "queue.declare-ok" });
    delay.ms = 50;
    expect((await broker.connect()).of("connection.open-ok")).toHaveLength(1);
  });
});

describe("AMQP clients that are not let in", () => {
  it("cost no more than a hundred lines at once", async () => {
    let lineCount = 0;
    const note = (): void => void lineCount++;
    const broker = await AmqpBroker.open({ logger: { ...silentLogger, info: note, warn: note } });

    for (let i = 0; i < 150; i++) broker.dial().write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await broker.settle();

    expect(lineCount).toBe(100);
  });

  it("and do not open in time are counted", async () => {
    const broker = await AmqpBroker.open({ options: { connectTimeout: 10 } });
    const client = broker.dial();

    await broker.rig.clock.advance(11_000);
    await broker.settle();

    expect(client.isEnded).toBe(true);
    expect(broker.counters.limitsReached.get("connect_timeout")).toBe(1);
  });
});
