import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../simulation/random.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { killAndRestart } from "../support/killings.ts";
import { Publisher } from "../support/publisher.ts";
import { queueFaults } from "../support/queue-faults.ts";
import { StoredState } from "../support/stored-state.ts";
import { Subscriber } from "../support/subscriber.ts";
import { readRetained } from "./read-retained.ts";

export interface KillLoopOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Sections of the broker's configuration beside the bridges. */
  readonly config?: object;
  progress?(report: KillLoopReport): void;
}

export interface KillLoopReport {
  rounds: number;
  kills: number;
  /** Messages the broker took responsibility for, with QoS 1 and with QoS 2. */
  acknowledged: { qos1: number; qos2: number };
  /** Deliveries with QoS 1 that were repeats. */
  repeats: number;
  outboxEntries: number;
  /** What must not be: lost, twice with QoS 2, out of order, an old retained message. */
  faults: string[];
}

const CAUGHT_UP_MS = 30_000;
const LOAD_MS = { least: 100, most: 600 };
const BRIDGES = ["to-kafka", "to-rabbitmq"];
const RETRY = { initialMs: 500, maximumMs: 5000 };
const OUTBOX = { maximumMessages: 100_000_000, maximumBytes: 1024 ** 4 };
const BRIDGE_CONFIG = [
  {
    name: BRIDGES[0],
    type: "kafka",
    brokers: ["127.0.0.1:1"],
    retry: RETRY,
    outbox: OUTBOX,
    forward: [{ from: "load/#", topic: "target" }],
  },
  {
    name: BRIDGES[1],
    type: "amqp",
    url: "amqp://127.0.0.1:1",
    retry: RETRY,
    outbox: OUTBOX,
    forward: [{ from: "#", exchange: "target", routingKey: "all" }],
  },
];

/** A real broker, killed and started again on one folder while clients with sessions publish and subscribe. */
export async function runKillLoop(options: KillLoopOptions): Promise<KillLoopReport> {
  const broker = await KillableBroker.create({ config: { bridges: BRIDGE_CONFIG, ...options.config } });
  try {
    const loop = new KillLoop(options, broker);
    return await loop.run();
  } finally {
    await broker.dispose();
  }
}

class KillLoop {
  readonly #options: KillLoopOptions;
  readonly #broker: KillableBroker;
  readonly #random: Random;
  readonly #publishers: readonly Publisher[];
  readonly #subscribers: readonly Subscriber[];
  readonly #report: KillLoopReport = {
    rounds: 0,
    kills: 0,
    acknowledged: { qos1: 0, qos2: 0 },
    repeats: 0,
    outboxEntries: 0,
    faults: [],
  };

  constructor(options: KillLoopOptions, broker: KillableBroker) {
    this.#options = options;
    this.#broker = broker;
    this.#random = new Random(options.seed);
    this.#publishers = this.#createPublishers();
    this.#subscribers = this.#createSubscribers();
  }

  async run(): Promise<KillLoopReport> {
    await this.#broker.start();
    for (const subscriber of this.#subscribers) await subscriber.connect();
    for (const publisher of this.#publishers) await publisher.connect();
    const { rounds } = this.#options;
    for (let round = 1; round <= rounds && this.#report.faults.length === 0; round++) {
      await this.#load();
      await this.#killAndRestart();
      await this.#recover(round === rounds);
      this.#report.rounds = round;
      this.#collect();
      this.#options.progress?.(this.#report);
    }
    await this.#broker.kill();
    await this.#judgeOutboxes();
    return this.#report;
  }

  /** Everybody who is online works for a while; some connections break. */
  async #load(): Promise<void> {
    for (const publisher of this.#publishers) publisher.start();
    const { least, most } = LOAD_MS;
    const wholeMs = least + this.#random.below(most - least);
    const breakMs = this.#random.below(wholeMs);
    await delay(breakMs);
    if (this.#random.chance(0.3)) await this.#breakOne();
    await delay(wholeMs - breakMs);
  }

  async #breakOne(): Promise<void> {
    const client = this.#random.pick([...this.#publishers, ...this.#subscribers]);
    if (!client.isOnline) return;
    client.hangUp();
    await client.connect();
  }

  async #killAndRestart(): Promise<void> {
    const { kills, faults } = await killAndRestart({
      broker: this.#broker,
      random: this.#random,
      gone: () => {
        for (const publisher of this.#publishers) publisher.pause();
      },
    });
    this.#report.kills += kills;
    this.#report.faults.push(...faults);
  }

  /** What was acknowledged must be there: retained messages at once, the others when all have come back. */
  async #recover(isLast: boolean): Promise<void> {
    await this.#judgeRetained();
    const isAwake = (): boolean => isLast || this.#random.chance(0.7);
    const awake = this.#subscribers.filter(isAwake);
    for (const subscriber of awake) await subscriber.connect();
    for (const publisher of this.#publishers) await publisher.connect();
    const unfinished = delay(CAUGHT_UP_MS, "unfinished", { ref: false });
    const finished = Promise.all(this.#publishers.map((publisher) => publisher.idle()));
    if ((await Promise.race([finished, unfinished])) === "unfinished") {
      this.#report.faults.push("publishers got no acknowledgements after the restart");
    }
    const acknowledged = this.#acknowledged();
    for (const subscriber of awake) {
      await subscriber.caughtUp(acknowledged, CAUGHT_UP_MS);
      this.#report.faults.push(...subscriber.missing(acknowledged));
    }
  }

  /** Never older than the last that was acknowledged, never younger than the last that was sent. */
  async #judgeRetained(): Promise<void> {
    const kept = await readRetained(this.#broker.tcpPort, "kept/#");
    for (const { sent, acknowledged } of this.#publishers) {
      for (const [topicName, last] of acknowledged) {
        if (!topicName.startsWith("kept/")) continue;
        const sequence = kept.get(topicName) ?? 0;
        if (sequence < last || sequence > (sent.get(topicName) as number)) {
          this.#report.faults.push(`${topicName}: retained is ${sequence}, acknowledged was ${last}`);
        }
      }
    }
  }

  async #judgeOutboxes(): Promise<void> {
    const acknowledged = this.#acknowledged();
    const load = new Map([...acknowledged].filter(([topicName]) => topicName.startsWith("load/")));
    const state = await StoredState.open(this.#broker.dataFolder);
    for (const [bridge, wanted] of [
      [BRIDGES[0], load],
      [BRIDGES[1], acknowledged],
    ] as const) {
      const { faults, entries } = await queueFaults(state, `bridge/${bridge}/`, wanted);
      this.#report.faults.push(...faults);
      this.#report.outboxEntries += entries;
    }
    this.#report.faults.push(...state.corrupt);
    await state.close();
  }

  #acknowledged(): Map<string, number> {
    return new Map(this.#publishers.flatMap(({ acknowledged }) => [...acknowledged]));
  }

  #collect(): void {
    const report = this.#report;
    report.acknowledged = { qos1: 0, qos2: 0 };
    for (const { qos, acknowledged } of this.#publishers) {
      for (const sequence of acknowledged.values()) report.acknowledged[`qos${qos}`] += sequence;
    }
    report.repeats = this.#subscribers.reduce((sum, { repeats }) => sum + repeats, 0);
    for (const { faults } of [...this.#publishers, ...this.#subscribers]) {
      report.faults.push(...faults.splice(0));
    }
  }

  #createPublishers(): Publisher[] {
    const port = this.#broker.tcpPort;
    return ([1, 2] as const).flatMap((qos) =>
      [0, 1, 2].map((n) => {
        const id = `publisher-${qos}-${n}`;
        const isKeeper = n === 2;
        const topicNames = [0, 1, 2].map((topic) => `${isKeeper ? "kept" : "load"}/${id}/${topic}`);
        return new Publisher({
          id,
          port,
          version: n === 0 ? 4 : 5,
          qos,
          topicNames,
          retain: isKeeper,
          window: isKeeper ? 3 : 1 + this.#random.below(30),
          payloadBytes: () => (this.#random.chance(0.05) ? this.#random.below(4000) : 0),
        });
      }),
    );
  }

  #createSubscribers(): Subscriber[] {
    const port = this.#broker.tcpPort;
    return ([1, 2] as const).flatMap((qos) =>
      ([4, 5] as const).map(
        (version) =>
          new Subscriber({
            id: `subscriber-${qos}-v${version}`,
            port,
            version,
            qos,
            topicFilters: ["load/#", "kept/+/+"],
            receiveMaximum: 20 + this.#random.below(100),
            answerDelayMs: () => (this.#random.chance(0.05) ? this.#random.below(20) : 0),
          }),
      ),
    );
  }
}
