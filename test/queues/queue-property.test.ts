import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { WorkQueue } from "../../src/queues/work-queue.ts";
import type { Queue } from "../../src/state/queue.ts";
import { QueueModel } from "./support/queue-model.ts";
import { QueueRig } from "./support/queue-rig.ts";
import { type TestConsumer, textOf } from "./support/test-consumer.ts";

type Command =
  | {
      readonly type: "publish";
      readonly count: number;
      readonly priority: number;
      readonly expiration: number;
    }
  | { readonly type: "consume"; readonly prefetch: number }
  | { readonly type: "acknowledge" | "requeue" | "reject"; readonly pick: number }
  | { readonly type: "go"; readonly pick: number }
  | { readonly type: "get" | "purge" | "stop" | "kill" }
  | { readonly type: "wait"; readonly milliseconds: number };

const NAT = fc.nat(1000);
const COMMAND: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("publish" as const),
      count: fc.integer({ min: 1, max: 5 }),
      priority: fc.nat(3),
      expiration: fc.constantFrom(0, 0, 50, 500),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("consume" as const), prefetch: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom("acknowledge" as const, "requeue" as const, "reject" as const),
      pick: NAT,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("go" as const), pick: NAT }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom(
        "get" as const,
        "get" as const,
        "purge" as const,
        "stop" as const,
        "kill" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      milliseconds: fc.constantFrom(10, 100, 20_000),
    }),
  },
);

const SETTINGS = { maximumPriority: 2, deadLetterExchange: "dlx", deliveryLimit: 3 };

/** The queue and the model side by side. */
class Pair {
  rig = new QueueRig();
  queue: WorkQueue<Queue>;
  model = new QueueModel(SETTINGS.deliveryLimit);
  consumers: TestConsumer[] = [];
  readonly durable: boolean;
  #published = 0;

  constructor(durable: boolean) {
    this.durable = durable;
    this.rig.exchanges.set("dlx", ["dead"]);
    this.queue = this.rig.declare("orders", { ...SETTINGS, durable });
    this.rig.declare("dead", { durable: true });
  }

  async run(command: Command): Promise<void> {
    await this.#start(command);
    await this.rig.settled();
    this.model.settle(this.rig.clock.now(), this.#capacity());
    this.#compare();
  }

  async #start(command: Command): Promise<void> {
    switch (command.type) {
      case "publish":
        for (let i = 0; i < command.count; i++) this.#publish(command.priority, command.expiration);
        return;
      case "consume":
        this.consumers.push(this.rig.consumer(this.queue, { prefetch: command.prefetch }));
        return;
      case "go":
        this.#leave(command.pick);
        return;
      case "get":
        this.#get();
        return;
      case "purge":
        expect(this.queue.purge(() => {})).toBe(this.model.purge());
        return;
      case "wait":
        await this.rig.clock.advance(command.milliseconds);
        return;
      case "stop":
      case "kill":
        if (this.durable) await this.#restart(command.type);
        return;
      default:
        this.#answer(command.type, command.pick);
    }
  }

  #publish(priority: number, expiration: number): void {
    const text = String(this.#published++);
    this.rig.publish(this.queue, text, { priority, ...(expiration > 0 && { expiration }) });
    const due = expiration === 0 ? Number.POSITIVE_INFINITY : this.rig.clock.now() + expiration;
    this.model.publish(text, Math.min(priority, SETTINGS.maximumPriority), due);
  }

  #leave(pick: number): void {
    const [consumer] = this.consumers.splice(pick % Math.max(1, this.consumers.length), 1);
    for (const text of consumer?.held.keys() ?? []) this.model.requeue(text);
    consumer?.goAway();
  }

  #get(): void {
    this.model.expire(this.rig.clock.now());
    const expected = this.model.takeFirst();
    if (expected !== undefined) this.model.acknowledge(expected.text);
    this.queue.get(true, (delivery) => {
      expect(delivery && [textOf(delivery), delivery.redelivered]).toEqual(
        expected && [expected.text, expected.redelivered],
      );
    });
  }

  #answer(answer: "acknowledge" | "requeue" | "reject", pick: number): void {
    const held = this.consumers.flatMap((consumer) =>
      [...consumer.held.keys()].map((text) => ({ consumer, text })),
    );
    const chosen = held[pick % Math.max(1, held.length)];
    if (chosen === undefined) return;
    chosen.consumer[answer](chosen.text);
    this.model[answer](chosen.text);
    // Like a channel that acknowledged: there is room for the next one.
    chosen.consumer.ready();
  }

  async #restart(ending: "stop" | "kill"): Promise<void> {
    this.rig = await this.rig.restarted(ending === "stop" ? "stopped" : "killed");
    this.queue = this.rig.queues.get("orders") as WorkQueue<Queue>;
    this.consumers = [];
    this.model.restart(ending === "kill");
  }

  #capacity(): number {
    // What they hold now plus what the model has not handed out yet.
    return this.consumers.reduce((sum, { prefetch }) => sum + prefetch, 0);
  }

  #compare(): void {
    const held = this.consumers.flatMap((consumer) => [...consumer.held.values()]);
    const shown = held.map((delivery) => [textOf(delivery), delivery.redelivered]);
    const dead = this.rig.queues.get("dead");
    expect(shown.toSorted()).toEqual(this.model.inHands().toSorted());
    expect(this.queue.messageCount).toBe(this.model.readyCount);
    expect(this.queue.unacknowledged).toBe(held.length);
    expect(dead?.messageCount).toBe(this.model.deadCount);
  }
}

describe("a queue under random use", () => {
  it.each([
    ["durable", true],
    ["in memory", false],
  ])("does what the model does: order, places, flags, expiry, counts (%s)", async (_name, durable) => {
    await fc.assert(
      fc.asyncProperty(fc.array(COMMAND, { minLength: 1, maxLength: 40 }), async (commands) => {
        const pair = new Pair(durable);
        for (const command of commands) await pair.run(command);
      }),
      { numRuns: 120 },
    );
  });

  it("loses nothing confirmed in a kill at any moment, and repeats nothing without saying so", async () => {
    const step = fc.constantFrom("publish", "publish", "acknowledge", "requeue", "turn", "hold", "release");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const rig = new QueueRig();
        const queue = rig.declare("orders");
        const consumer = rig.consumer(queue, { prefetch: 5 });
        const confirmed = new Set<string>();
        const acknowledged = new Set<string>();
        let published = 0;
        for (const name of steps) {
          const [held] = consumer.held.keys();
          if (name === "publish") {
            const text = String(published++);
            rig.send(queue, rig.message(text), () => confirmed.add(text));
          }
          if (name === "acknowledge" && held !== undefined) {
            consumer.acknowledge(held);
            acknowledged.add(held);
          }
          if (name === "requeue" && held !== undefined) consumer.requeue(held);
          if (name === "turn") await new Promise((resolve) => setImmediate(resolve));
          if (name === "hold") rig.store.hold();
          if (name === "release") rig.store.release();
        }
        const seen = new Set(consumer.texts);

        const after = await rig.restarted("killed");
        const again = after.consumer(after.queues.get("orders") as WorkQueue<Queue>);
        await after.settled();

        const texts = again.texts;
        expect(texts).toEqual(texts.toSorted((a, b) => Number(a) - Number(b)));
        expect(new Set(texts).size).toBe(texts.length);
        const lost = [...confirmed].filter((text) => !acknowledged.has(text) && !texts.includes(text));
        expect(lost).toEqual([]);
        const silentlyRepeated = again.deliveries.filter((one) => seen.has(textOf(one)) && !one.redelivered);
        expect(silentlyRepeated).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
