import { setTimeout as delay } from "node:timers/promises";
import { fromPlain, type PlainTable } from "../../../src/amqp/codec/table-values.ts";
import { Random } from "../../simulation/random.ts";
import { KillableBroker } from "../support/killable-broker.ts";
import { killAndRestart } from "../support/killings.ts";
import { AmqpLink } from "./amqp-link.ts";
import { CheckingConsumer, type CheckingOptions } from "./checking-consumer.ts";
import { NumberedPublisher, sequenceOf } from "./numbered-publisher.ts";

export interface AmqpKillOptions {
  readonly seed: number;
  readonly rounds: number;
}

export interface AmqpKillReport {
  rounds: number;
  kills: number;
  confirmed: number;
  delivered: number;
  /** Deliveries of what had been acknowledged: acknowledgements that were lost with the process. */
  repeats: number;
  deadLettered: number;
  /** What must not be: lost, twice, out of order, come again as new. */
  faults: string[];
}

const LOAD_MS = { least: 100, most: 600 };
const CAUGHT_UP_MS = 30_000;

/** Where the dead letters of a queue go, and what its consumer does. */
interface Plan {
  readonly queue: string;
  readonly arguments: PlainTable;
  readonly deadLetters?: string;
  /** No consumer: what is there at the end is looked at. */
  readonly decide?: CheckingOptions["decide"];
}

const toDead = (queue: string): PlainTable => ({
  "x-dead-letter-exchange": "",
  "x-dead-letter-routing-key": queue,
});

const PLANS: readonly Plan[] = [
  { queue: "acknowledged", arguments: {}, decide: () => "acknowledge" },
  {
    queue: "returned",
    arguments: {},
    decide: (sequence, times) => (sequence % 5 === 0 && times === 1 ? "return" : "acknowledge"),
  },
  { queue: "held", arguments: {}, decide: (sequence) => (sequence % 50 === 0 ? "hold" : "acknowledge") },
  {
    queue: "rejected",
    arguments: toDead("rejected-dead"),
    deadLetters: "rejected-dead",
    decide: (sequence) => (sequence % 3 === 0 ? "reject" : "acknowledge"),
  },
  {
    queue: "limited",
    arguments: { ...toDead("limited-dead"), "x-queue-type": "quorum", "x-delivery-limit": 3 },
    deadLetters: "limited-dead",
    decide: (sequence) => (sequence % 4 === 0 ? "return" : "acknowledge"),
  },
  {
    queue: "expiring",
    arguments: { ...toDead("expiring-dead"), "x-message-ttl": 60 },
    deadLetters: "expiring-dead",
  },
  {
    queue: "overflowing",
    arguments: { ...toDead("overflowing-dead"), "x-max-length": 30 },
    deadLetters: "overflowing-dead",
  },
];

/** A real broker, killed and started again on one folder while AMQP clients publish with confirms and consume. */
export async function runAmqpKillLoop(options: AmqpKillOptions): Promise<AmqpKillReport> {
  const broker = await KillableBroker.create({ config: { auth: { anonymous: "always" } } });
  try {
    return await new AmqpKillLoop(options, broker).run();
  } finally {
    await broker.dispose();
  }
}

class AmqpKillLoop {
  readonly #options: AmqpKillOptions;
  readonly #broker: KillableBroker;
  readonly #random: Random;
  readonly #publishers: readonly NumberedPublisher[];
  readonly #consumers: readonly CheckingConsumer[];
  readonly #report: AmqpKillReport = {
    rounds: 0,
    kills: 0,
    confirmed: 0,
    delivered: 0,
    repeats: 0,
    deadLettered: 0,
    faults: [],
  };
  #links: AmqpLink[] = [];

  constructor(options: AmqpKillOptions, broker: KillableBroker) {
    this.#options = options;
    this.#broker = broker;
    this.#random = new Random(options.seed);
    this.#publishers = PLANS.map(
      ({ queue }) => new NumberedPublisher(queue, 20 + this.#random.below(200), this.#random),
    );
    this.#consumers = PLANS.flatMap(({ queue, decide }) =>
      decide === undefined
        ? []
        : [new CheckingConsumer({ queue, prefetch: 10 + this.#random.below(90), decide })],
    );
  }

  async run(): Promise<AmqpKillReport> {
    await this.#broker.start();
    const { rounds } = this.#options;
    for (let round = 1; round <= rounds && this.#report.faults.length === 0; round++) {
      await this.#connect();
      for (const publisher of this.#publishers) publisher.start();
      const { least, most } = LOAD_MS;
      await delay(least + this.#random.below(most - least));
      await this.#killAndRestart();
      this.#report.rounds = round;
      this.#collect();
    }
    await this.#settle();
    await this.#judge();
    this.#collect();
    return this.#report;
  }

  /** One connection for the publishers, one for the consumers: a kill ends both. */
  async #connect(): Promise<void> {
    for (const link of this.#links) link.drop();
    const [publishing, consuming] = [await AmqpLink.open(this.#port), await AmqpLink.open(this.#port)];
    this.#links = [publishing, consuming];
    await declareAll(publishing);
    for (const publisher of this.#publishers) await publisher.connect(publishing);
    for (const consumer of this.#consumers) await consumer.connect(consuming);
  }

  /** Some publishers have fallen silent before. */
  async #killAndRestart(): Promise<void> {
    for (const publisher of this.#publishers) if (this.#random.chance(0.3)) publisher.pause();
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

  /** Nothing is killed any more: everything is confirmed, delivered, and dead-lettered that will be. */
  async #settle(): Promise<void> {
    await this.#connect();
    for (const publisher of this.#publishers) publisher.start();
    const idle = Promise.all(this.#publishers.map((publisher) => publisher.idle()));
    if ((await Promise.race([idle, delay(CAUGHT_UP_MS, "late", { ref: false })])) === "late") {
      this.#report.faults.push("publishers got no confirms after the last restart");
    }
    const deadline = Date.now() + CAUGHT_UP_MS;
    while (Date.now() < deadline && (await this.#areUnread())) await delay(50);
  }

  async #areUnread(): Promise<boolean> {
    const link = this.#links[0] as AmqpLink;
    const channel = await link.openChannel();
    const watched = PLANS.filter(({ queue, decide }) => decide !== undefined || queue === "expiring");
    let unread = 0;
    for (const { queue } of watched) unread += await countOf(link, channel, queue);
    return unread > 0;
  }

  /** Every confirmed message was delivered or is somewhere, once. */
  async #judge(): Promise<void> {
    for (const link of this.#links) link.drop();
    const link = await AmqpLink.open(this.#port);
    for (const [index, plan] of PLANS.entries()) {
      const publisher = this.#publishers[index] as NumberedPublisher;
      const consumer = this.#consumers.find(({ queue }) => queue === plan.queue);
      const waiting = await takeAll(link, plan.queue);
      const dead = plan.deadLetters === undefined ? [] : await takeAll(link, plan.deadLetters);
      this.#report.deadLettered += dead.length;
      this.#judgePlaces(plan.queue, publisher, consumer, waiting, dead);
    }
    link.drop();
  }

  #judgePlaces(
    queue: string,
    { confirmed, sent }: NumberedPublisher,
    consumer: CheckingConsumer | undefined,
    waiting: readonly number[],
    dead: readonly number[],
  ): void {
    const { faults } = this.#report;
    const places = new Map<number, number>();
    for (const sequence of [...waiting, ...dead]) places.set(sequence, (places.get(sequence) ?? 0) + 1);
    for (const [sequence, count] of places) {
      if (count > 1) faults.push(`${queue}: ${sequence} is there ${count} times`);
      if (!(sequence >= 1 && sequence <= sent)) faults.push(`${queue}: ${sequence} was never sent`);
    }
    for (const sequence of confirmed) {
      const isDone = consumer?.acknowledged.has(sequence) ?? false;
      if (!isDone && !places.has(sequence)) faults.push(`${queue}: ${sequence} was confirmed and is lost`);
    }
    for (const sequence of dead) {
      if (consumer?.acknowledged.has(sequence))
        faults.push(`${queue}: ${sequence} was acknowledged and dead-lettered`);
    }
    if (!isAscending(waiting)) faults.push(`${queue}: what waits is out of order`);
    if (consumer === undefined && !isAscending(dead))
      faults.push(`${queue}: its dead letters are out of order`);
  }

  get #port(): number {
    return this.#broker.amqpPort;
  }

  #collect(): void {
    const report = this.#report;
    report.confirmed = this.#publishers.reduce((sum, { confirmed }) => sum + confirmed.size, 0);
    report.delivered = 0;
    report.repeats = 0;
    for (const { delivered, repeats } of this.#consumers) {
      for (const times of delivered.values()) report.delivered += times;
      report.repeats += repeats;
    }
    for (const { faults } of [...this.#publishers, ...this.#consumers])
      report.faults.push(...faults.splice(0));
  }
}

async function declareAll(link: AmqpLink): Promise<void> {
  const channel = await link.openChannel();
  const flags = { passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false };
  for (const { queue, arguments: plain, deadLetters } of PLANS) {
    if (deadLetters !== undefined) {
      await link.ask(channel, { kind: "queue.declare", queue: deadLetters, ...flags, arguments: [] });
    }
    await link.ask(channel, { kind: "queue.declare", queue, ...flags, arguments: fromPlain(plain) });
  }
}

async function countOf(link: AmqpLink, channel: number, queue: string): Promise<number> {
  const flags = { passive: true, durable: true, exclusive: false, autoDelete: false, noWait: false };
  const { method } = await link.ask(channel, { kind: "queue.declare", queue, ...flags, arguments: [] });
  return method.kind === "queue.declare-ok" ? method.messageCount : 0;
}

async function takeAll(link: AmqpLink, queue: string): Promise<number[]> {
  const channel = await link.openChannel();
  const taken: number[] = [];
  for (;;) {
    const { method, body } = await link.ask(channel, { kind: "basic.get", queue, noAck: true });
    if (method.kind !== "basic.get-ok") return taken;
    taken.push(sequenceOf(body));
  }
}

function isAscending(sequences: readonly number[]): boolean {
  return sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] as number));
}
