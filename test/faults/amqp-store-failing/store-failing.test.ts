import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { Random } from "../../simulation/random.ts";
import { AmqpLink } from "../amqp-kill-loop/amqp-link.ts";
import { NumberedPublisher } from "../amqp-kill-loop/numbered-publisher.ts";
import { C_COMPILER, Recorder, SMALL_FILES } from "../power-loss/recorder.ts";
import { describeWith } from "../support/describe-with.ts";
import { KillableBroker } from "../support/killable-broker.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };

describeWith(C_COMPILER, "AMQP publishers of a broker whose disk fails", () => {
  it("are told connection.blocked, get no confirm meanwhile, and go on when the disk works again", {
    timeout: 120_000,
  }, async () => {
    const recorder = await Recorder.create();
    onTestFinished(() => recorder.dispose());
    const broker = await KillableBroker.create();
    onTestFinished(() => broker.dispose());
    await broker.start(recorder.environment(join(broker.dataFolder, "store")), [SMALL_FILES]);
    const link = await AmqpLink.open(broker.amqpPort);
    onTestFinished(() => link.drop());
    const told: string[] = [];
    const channel = await link.openChannel(({ method }) => told.push(method.kind));
    const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false };
    await link.ask(channel, { kind: "queue.declare", queue: "orders", ...flags, arguments: [] });
    const publisher = new NumberedPublisher("orders", 20, new Random(1));
    await publisher.connect(link);
    publisher.start();
    await vi.waitFor(() => expect(publisher.confirmed.size).toBeGreaterThan(50), PATIENCE);

    await writeFile(recorder.failingCalls, "fdatasync");
    await vi.waitFor(() => expect(told).toEqual(["connection.blocked"]), PATIENCE);
    const confirmed = publisher.confirmed.size;
    await vi.waitFor(() => expect(broker.logged("error").length).toBeGreaterThan(2), PATIENCE);
    expect(publisher.confirmed.size).toBe(confirmed);

    await rm(recorder.failingCalls);
    await vi.waitFor(() => expect(told).toEqual(["connection.blocked", "connection.unblocked"]), PATIENCE);
    await publisher.idle();
    expect(publisher.confirmed.size).toBe(publisher.sent);
    expect(publisher.faults).toEqual([]);
  });
});
