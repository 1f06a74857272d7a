import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelPublisher, ModelSubscriber } from "../../support/model-clients.ts";
import { TestBroker } from "../../support/test-broker.ts";

/** What may happen to two clients and the broker between them; `turns` of the event loop pass after each step. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom(
      "publish",
      "publish",
      "publish",
      "publisher leaves",
      "subscriber leaves",
      "both return",
      "both return",
      "crash",
      "hold",
      "release",
      "fall silent",
      "talk",
    ),
    count: fc.integer({ min: 1, max: 8 }),
    turns: fc.integer({ min: 0, max: 6 }),
  }),
  { minLength: 5, maxLength: 40 },
);

type Step = typeof steps extends fc.Arbitrary<(infer Each)[]> ? Each : never;

/** The world of one run. */
class Scene {
  readonly publisher: ModelPublisher;
  readonly subscriber = new ModelSubscriber("subscriber");
  #broker: TestBroker;

  constructor(broker: TestBroker, qos: 1 | 2) {
    this.#broker = broker;
    this.publisher = new ModelPublisher("publisher", qos);
  }

  async play({ what, count, turns }: Step): Promise<void> {
    const { publisher, subscriber } = this;
    if (what === "publish") for (let i = 0; i < count; i++) publisher.publish();
    if (what === "publisher leaves" || what === "crash") publisher.hangUp();
    if (what === "subscriber leaves" || what === "crash") subscriber.hangUp();
    if (what === "crash") this.#broker = await this.#broker.crash();
    if (what === "both return") this.#dial();
    if (what === "hold") this.#broker.store.hold();
    if (what === "release") this.#broker.store.release();
    if (what === "fall silent") subscriber.isTalking = false;
    if (what === "talk") subscriber.talk();
    for (let turn = 0; turn < turns; turn++) await this.#turn();
  }

  /** Everybody is well again until nothing is left to do. */
  async finish(): Promise<void> {
    this.#broker.store.release();
    this.subscriber.talk();
    this.#dial();
    let quiet = 0;
    for (let seen = -1; quiet < 60; quiet++) {
      if (seen !== this.subscriber.delivered.length || !this.publisher.isDone) quiet = 0;
      seen = this.subscriber.delivered.length;
      await this.#turn();
    }
  }

  #dial(): void {
    this.publisher.dial(this.#broker);
    this.subscriber.dial(this.#broker);
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await this.publisher.react();
    await this.subscriber.react();
  }
}

async function run(qos: 1 | 2, played: readonly Step[]): Promise<{ sent: string[]; delivered: string[] }> {
  const scene = new Scene(await TestBroker.open(), qos);
  await scene.play({ what: "both return", count: 1, turns: 30 });
  for (const step of played) await scene.play(step);
  await scene.finish();
  const sent = Array.from({ length: scene.publisher.sent }, (_, i) => String(i + 1));
  return { sent, delivered: scene.subscriber.delivered };
}

describe("through lost connections, held-back commits and crashes", () => {
  it("QoS 2 is delivered exactly once and in order [MQTT-4.3.3-10], [MQTT-4.6.0-6]", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const { sent, delivered } = await run(2, played);

        expect(delivered).toEqual(sent);
      }),
      { numRuns: 150 },
    );
  });

  it("QoS 1 is delivered at least once, first copies in order (MQTT 5 §4.3.2), [MQTT-4.6.0-6]", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const { sent, delivered } = await run(1, played);

        expect([...new Set(delivered)]).toEqual(sent);
      }),
      { numRuns: 150 },
    );
  });
});
