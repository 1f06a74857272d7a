import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClientId, toClientId } from "../../src/base/ids.ts";
import { QoS } from "../../src/base/qos.ts";
import { QueueBudget } from "../../src/base/queue-budget.ts";
import type { Operation } from "../../src/state/operations.ts";
import type { Queue, QueueConsumer } from "../../src/state/queue.ts";
import type { QueuePolicy } from "../../src/state/queue-overflow.ts";
import { QueueTrimmer } from "../../src/state/queue-trimmer.ts";
import type { QueueEntry } from "../../src/state/records.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { aMessage, filterOf } from "../storage/samples.ts";
import { DeferredStore } from "./deferred-store.ts";
import { bytesOf, type QueueModel, World } from "./model.ts";
import { inconsistencies, opening, pagesArrive, publishTo, Rig, subscribing } from "./rig.ts";

const RUNS = 100;
const LANE = "bridge/x/0";
const DEAD = "bridge/x/dead";
const CLIENTS = ["a", "b"] as const;
const NAMES = [LANE, "session/a", "session/b"] as const;
/** One of the messages is this large: its body is shared by its receivers. */
const LARGE = "L".repeat(5_000);

type Step =
  | { readonly do: "open"; readonly client: string; readonly isClean: boolean }
  | { readonly do: "close" | "discard"; readonly client: string }
  | { readonly do: "subscribe" | "unsubscribe"; readonly client: string; readonly topicFilter: string }
  | { readonly do: "forget"; readonly client: string; readonly packetId: number }
  | {
      readonly do: "publish";
      readonly names: readonly string[];
      readonly qos: QoS;
      readonly count: number;
      readonly isLarge: boolean;
      readonly receivedFor: string;
      readonly packetId: number;
    }
  | {
      readonly do: "attach";
      readonly name: string;
      readonly committedOnly: boolean;
      readonly isGreedy: boolean;
    }
  | { readonly do: "detach"; readonly name: string }
  | { readonly do: "take"; readonly name: string; readonly count: number }
  | { readonly do: "settle" | "release"; readonly name: string; readonly at: number; readonly count: number }
  | { readonly do: "settleAny"; readonly name: string; readonly seq: number }
  | { readonly do: "bury"; readonly at: number }
  | { readonly do: "commit" | "beginCommit" | "failCommit" | "endCommit" | "pages" }
  | { readonly do: "crash"; readonly isWritten: boolean };

const client = fc.constantFrom(...CLIENTS);
const name = fc.constantFrom(...NAMES);
const packetId = fc.integer({ min: 1, max: 3 });
const at = fc.nat({ max: 50 });
const one = <T extends string>(...what: T[]) => fc.constantFrom(...what);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: one("open"), client, isClean: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: one("close", "discard"), client }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: one("subscribe", "unsubscribe"), client, topicFilter: one("x", "y/#") }),
  },
  { weight: 1, arbitrary: fc.record({ do: one("forget"), client, packetId }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: one("publish"),
      names: fc.uniqueArray(name, { minLength: 1 }),
      qos: fc.constantFrom(QoS.AtLeastOnce, QoS.ExactlyOnce),
      count: fc.oneof(
        { weight: 30, arbitrary: fc.integer({ min: 1, max: 4 }) },
        { weight: 2, arbitrary: fc.constant(700) },
        { weight: 1, arbitrary: fc.constant(2_500) },
      ),
      isLarge: fc.boolean(),
      receivedFor: one("", ...CLIENTS),
      packetId,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: one("attach"),
      name,
      committedOnly: fc.boolean(),
      isGreedy: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: one("detach"), name }) },
  { weight: 6, arbitrary: fc.record({ do: one("take"), name, count: fc.integer({ min: 1, max: 900 }) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: one("settle", "release"),
      name,
      at,
      count: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(1_500) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: one("settleAny"), name, seq: fc.integer({ min: -1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: one("bury"), at }) },
  { weight: 3, arbitrary: fc.record({ do: one("commit") }) },
  { weight: 8, arbitrary: fc.record({ do: one("beginCommit", "failCommit", "endCommit", "pages") }) },
  { weight: 2, arbitrary: fc.record({ do: one("crash"), isWritten: fc.boolean() }) },
);

/** What the queues of sessions may hold, the oldest giving way; 0 = no limit. */
interface Limits {
  readonly messages: number;
  readonly bytes: number;
  readonly totalMessages: number;
  readonly totalBytes: number;
}

const most = (...some: number[]) => fc.constantFrom(0, 0, ...some);
const limits: fc.Arbitrary<Limits> = fc.record({
  messages: most(1, 3, 40, 1_000),
  bytes: most(100, 1_000, 100_000),
  totalMessages: most(1, 10, 1_500),
  totalBytes: most(500, 50_000),
});
const CLOCK = { now: () => 1, after: () => () => {} };

/** Takes from one queue and checks each entry against the model as it comes. */
class CheckedConsumer implements QueueConsumer {
  readonly committedOnly: boolean;
  readonly isGreedy: boolean;
  readonly #queue: Queue;
  readonly #model: () => QueueModel;
  readonly #isCommitted: (text: string) => boolean;
  /** Taken and not settled, by this consumer. */
  readonly held: number[] = [];
  lastSeq = -1;

  constructor(
    queue: Queue,
    options: { readonly committedOnly: boolean; readonly isGreedy: boolean },
    model: () => QueueModel,
    isCommitted: (text: string) => boolean,
  ) {
    this.committedOnly = options.committedOnly;
    this.isGreedy = options.isGreedy;
    this.#queue = queue;
    this.#model = model;
    this.#isCommitted = isCommitted;
    queue.attach(this);
  }

  ready(): void {
    if (this.isGreedy) this.takeSome(Number.POSITIVE_INFINITY);
  }

  takeSome(count: number): void {
    for (let i = 0; i < count; i++) {
      const entry = this.#queue.take();
      if (entry === undefined) return;
      this.#check(entry);
      this.held.push(entry.seq);
    }
  }

  /** Nothing the model still holds was left out. */
  checkComplete(): void {
    for (const seq of this.#model().messages.keys()) expect(seq).toBeLessThanOrEqual(this.lastSeq);
  }

  #check({ seq, message, delivery }: QueueEntry): void {
    const { messages } = this.#model();
    for (let skipped = this.lastSeq + 1; skipped < seq; skipped++) {
      if (messages.has(skipped)) expect.fail(`${skipped} was left out before ${seq}`);
    }
    if (seq <= this.lastSeq || !messages.has(seq)) expect.fail(`${seq} came out of turn`);
    expect(message?.payload.toString()).toBe(messages.get(seq));
    const mustBeCommitted = this.committedOnly || delivery.qos === 2;
    if (mustBeCommitted && message !== undefined) {
      expect(this.#isCommitted(message.payload.toString())).toBe(true);
    }
    this.lastSeq = seq;
  }
}

/** Plays steps on a state machine and on a model of it. */
class Play {
  /** Queues that got a message since the last crash. */
  readonly #sinceCrash = new Set<string>();
  readonly #disk = new MemoryDisk();
  #rig = new Rig(new DeferredStore(this.#disk));
  #now = new World();
  #committed = new World();
  /** What will be committed when the write under way succeeds. */
  #writing: { readonly world: World; readonly done: Promise<boolean> } | undefined;
  readonly #consumers = new Map<string, CheckedConsumer>();
  /** Texts that reached the disk in some batch. */
  readonly #onDisk = new Set<string>();
  readonly #limits: Limits;
  #policy: QueuePolicy;
  #trimmer: QueueTrimmer;
  #lastText = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#policy = this.#createPolicy();
    this.#trimmer = this.#createTrimmer();
  }

  async start(): Promise<void> {
    await this.#rig.machine.load();
    this.#declareLanes();
  }

  #createPolicy(): QueuePolicy {
    const { messages, bytes, totalMessages, totalBytes } = this.#limits;
    const orNone = (limit: number): number => (limit === 0 ? Number.POSITIVE_INFINITY : limit);
    return {
      maximumMessages: orNone(messages),
      maximumBytes: orNone(bytes),
      whenFull: "dropOldest",
      budget: new QueueBudget({ maximumMessages: orNone(totalMessages), maximumBytes: orNone(totalBytes) }),
      missed: (message, reason, queue) => this.#displaced(message.payload.toString(), reason, queue as Queue),
    };
  }

  #createTrimmer(): QueueTrimmer {
    const { machine, store } = this.#rig;
    const trimmer = new QueueTrimmer({
      store,
      clock: CLOCK,
      append: (operation) => machine.apply(operation),
    });
    machine.onCrowded = (queue) => trimmer.request(queue);
    return trimmer;
  }

  #limitSessions(): void {
    for (const { queue } of this.#rig.machine.sessions()) {
      if (queue.policy !== this.#policy) queue.policy = this.#policy;
    }
  }

  /** Only the oldest that was never handed out may go, and only while there is more than the limits allow. */
  #displaced(text: string, reason: string, queue: Queue): void {
    const { messages } = this.#now.queue(queue.name);
    const oldest = [...messages].find(([seq]) => seq >= queue.sentEnd);
    expect([reason, oldest?.[1]]).toEqual(["displaced", text]);
    messages.delete(oldest?.[0] as number);
  }

  /** When all is quiet every queue that got a message keeps its limits, but for what was handed out and the newest. */
  #checkLimits(): void {
    const { maximumMessages, maximumBytes } = this.#policy;
    for (const { queue } of this.#rig.machine.sessions()) {
      if (!this.#sinceCrash.has(queue.name)) continue; // it is looked at with its next message
      const isOver = queue.count > maximumMessages || queue.bytes > maximumBytes;
      const untaken = [...this.#now.queue(queue.name).messages.keys()].filter((seq) => seq >= queue.sentEnd);
      if (isOver) expect(untaken.length).toBeLessThanOrEqual(1);
    }
    this.#checkBudget();
  }

  #checkBudget(): void {
    const queues = [...this.#rig.machine.sessions()].map(({ queue }) => queue);
    const sum = (of: (queue: Queue) => number): number =>
      queues.reduce((total, queue) => total + of(queue), 0);
    const { budget } = this.#policy;
    expect([budget?.messages, budget?.bytes]).toEqual([
      sum((queue) => queue.count),
      sum((queue) => queue.bytes),
    ]);
  }

  async run(next: Step): Promise<void> {
    await this.#run(next);
    this.#limitSessions();
    this.#checkBudget();
    this.#compare();
  }

  /** Everything is written and shown to those who wait; then a last crash. */
  async end(): Promise<void> {
    await this.#commit();
    await this.#commit();
    for (let i = 0; i < 20; i++) await pagesArrive();
    await this.#commit();
    for (let i = 0; i < 20; i++) await pagesArrive();
    this.#checkLimits();
    for (const consumer of this.#consumers.values()) {
      if (consumer.isGreedy && consumer.held.length < 2_000) consumer.checkComplete();
    }
    await this.#crash(true);
  }

  #declareLanes(): void {
    for (const lane of [LANE, DEAD]) {
      this.#rig.declare(lane);
      if (!this.#now.queues.has(lane)) this.#now.queues.set(lane, { nextSeq: 0, messages: new Map() });
    }
  }

  async #run(next: Step): Promise<void> {
    switch (next.do) {
      case "publish":
        return this.#publish(next);
      case "attach":
        return this.#attach(next);
      case "detach":
        return this.#detach(next.name);
      case "take":
        return this.#consumers.get(next.name)?.takeSome(next.count);
      case "settle":
      case "release":
        for (let i = 0; i < next.count; i++) this.#settleHeld(next.do, next.name, next.at);
        return;
      case "settleAny":
        return this.#settleAny(next.name, next.seq);
      case "bury":
        return this.#bury(next.at);
      case "commit":
        return this.#commit();
      case "beginCommit":
        return this.#beginCommit();
      case "failCommit":
      case "endCommit":
        return this.#endCommit(next.do === "endCommit" ? "written" : "failed");
      case "pages":
        return pagesArrive();
      case "crash":
        return this.#crash(next.isWritten);
      default:
        return this.#changeSession(next);
    }
  }

  #changeSession(next: Extract<Step, { readonly client: string }>): void {
    const clientId = toClientId(next.client);
    const session = this.#rig.machine.session(clientId);
    const model = this.#now.sessions.get(next.client);
    switch (next.do) {
      case "open":
        if (next.isClean) this.#consumers.delete(`session/${next.client}`);
        this.#now.open(next.client, next.isClean);
        this.#rig.apply(opening(next.client, { cleanStart: next.isClean }));
        break;
      case "close":
        this.#rig.apply(closing(clientId, session?.queue.sentEnd ?? 0));
        break;
      case "discard":
        this.#consumers.delete(`session/${next.client}`);
        this.#now.discard(next.client);
        this.#rig.apply({ type: "discard", clientId });
        break;
      case "subscribe":
        model?.subscriptions.add(next.topicFilter);
        this.#rig.apply(subscribing(next.client, next.topicFilter));
        break;
      case "unsubscribe":
        model?.subscriptions.delete(next.topicFilter);
        this.#rig.apply({ type: "unsubscribe", clientId, topicFilter: filterOf(next.topicFilter) });
        break;
      case "forget":
        if (session === undefined) return;
        model?.received.delete(next.packetId);
        this.#rig.apply({ type: "forget", session, packetId: next.packetId });
        break;
    }
  }

  #publish({ names, qos, count, isLarge, receivedFor, packetId }: Extract<Step, { do: "publish" }>): void {
    const present = names.filter((one) => this.#rig.machine.queue(one) !== undefined);
    for (const one of present) this.#sinceCrash.add(one);
    for (let i = 0; i < count; i++) {
      const text = `${++this.#lastText}${isLarge && i === 0 ? LARGE : ""}`;
      for (const one of present) this.#now.push(one, text);
      this.#now.sessions.get(receivedFor)?.received.add(packetId);
      const session = receivedFor === "" ? undefined : this.#rig.machine.session(toClientId(receivedFor));
      const queues = present.map((one) => this.#rig.queue(one));
      this.#rig.apply(publishTo(text, qos, queues, { receivedFor: session, packetId }));
    }
  }

  #attach(next: Extract<Step, { do: "attach" }>): void {
    const queue = this.#rig.machine.queue(next.name);
    if (queue === undefined) return;
    queue.detach();
    const model = (): QueueModel => this.#now.queue(next.name);
    const consumer = new CheckedConsumer(queue, next, model, (text) => this.#onDisk.has(text));
    this.#consumers.set(next.name, consumer);
    consumer.ready();
  }

  #detach(queueName: string): void {
    this.#rig.machine.queue(queueName)?.detach();
    this.#consumers.delete(queueName);
  }

  /** The model changes first: a consumer is told while the operation is applied. */
  #settleHeld(type: "settle" | "release", queueName: string, place: number): void {
    const consumer = this.#consumers.get(queueName);
    if (consumer === undefined || consumer.held.length === 0) return;
    const i = place % consumer.held.length;
    const seq = consumer.held[i] as number;
    const { messages } = this.#now.queue(queueName);
    if (type === "settle") {
      consumer.held.splice(i, 1);
      messages.delete(seq);
    } else if (messages.has(seq)) messages.set(seq, undefined);
    this.#rig.apply({ type, queue: this.#rig.queue(queueName), seq });
  }

  /** A settling that the consumer never asked for counts only if the entry is in the window. */
  #settleAny(queueName: string, seq: number): void {
    const queue = this.#rig.machine.queue(queueName);
    if (queue === undefined) return;
    const before = queue.count;
    this.#rig.apply({ type: "settle", queue, seq });
    if (queue.count === before) return;
    expect(this.#now.queue(queueName).messages.delete(seq)).toBe(true);
  }

  #bury(place: number): void {
    const consumer = this.#consumers.get(LANE);
    if (consumer === undefined || consumer.held.length === 0) return;
    const i = place % consumer.held.length;
    const [seq] = consumer.held.splice(i, 1) as [number];
    const { messages } = this.#now.queue(LANE);
    const text = `dead ${++this.#lastText}`;
    if (messages.delete(seq)) this.#now.push(DEAD, text);
    this.#rig.apply({
      type: "bury",
      from: this.#rig.queue(LANE),
      seq,
      message: aMessage({ payload: Buffer.from(text) }),
      targets: [
        { queue: this.#rig.queue(DEAD), delivery: { qos: 1, retain: false, subscriptionIdentifiers: [] } },
      ],
    });
  }

  #beginCommit(): void {
    if (this.#writing !== undefined) return;
    this.#rig.machine.freeze();
    const world = this.#now.copy();
    const done = this.#rig.store.commit().then(
      () => true,
      () => false,
    );
    this.#writing = { world, done };
  }

  /** A failed write is begun again at once, as the journal does. */
  async #endCommit(how: "written" | "failed"): Promise<void> {
    const writing = this.#writing;
    if (writing === undefined) return;
    this.#rig.store.end(how);
    this.#writing = undefined;
    if (await writing.done) {
      this.#wasWritten(writing.world);
      this.#rig.machine.committed();
    } else this.#beginCommit();
  }

  #wasWritten(world: World): void {
    this.#committed = world;
    for (const { messages } of world.queues.values()) {
      for (const text of messages.values()) if (text !== undefined) this.#onDisk.add(text);
    }
    expect(inconsistencies(this.#disk)).toEqual([]);
  }

  async #commit(): Promise<void> {
    await this.#endCommit("written");
    this.#beginCommit();
    await this.#endCommit("written");
  }

  /** The process dies; the write under way reached the disk, or not. */
  async #crash(isWritten: boolean): Promise<void> {
    this.#sinceCrash.clear();
    if (this.#writing !== undefined && isWritten) {
      this.#rig.store.end("written");
      this.#wasWritten(this.#writing.world);
    }
    this.#writing = undefined;
    this.#consumers.clear();
    this.#trimmer.close();
    this.#rig = new Rig(new DeferredStore(this.#disk));
    this.#policy = this.#createPolicy();
    this.#trimmer = this.#createTrimmer();
    this.#now = this.#committed.copy();
    await this.#rig.machine.load();
    expect(this.#rig.effects.corruptions).toEqual([]);
    this.#limitSessions();
    this.#compare();
    for (const one of this.#now.queues.keys()) await this.#checkAllComesAgain(one);
    this.#declareLanes();
  }

  /** All that was committed and not settled is delivered again, once, in order; and nothing else. */
  async #checkAllComesAgain(queueName: string): Promise<void> {
    const queue = this.#rig.queue(queueName);
    const options = { committedOnly: false, isGreedy: true };
    const { messages } = this.#now.queue(queueName);
    const consumer = new CheckedConsumer(
      queue,
      options,
      () => this.#now.queue(queueName),
      () => true,
    );
    consumer.ready();
    const pages = 2 + Math.ceil(messages.size / 512);
    for (let i = 0; i < pages; i++) await pagesArrive();
    if (messages.size < 2_000) expect(consumer.held).toEqual([...messages.keys()]);
    queue.detach();
  }

  #compare(): void {
    const { machine } = this.#rig;
    const queues = [...machine.queues()];
    expect(queues.map((queue) => queue.name).sort()).toEqual([...this.#now.queues.keys()].sort());
    for (const queue of queues) {
      const model = this.#now.queue(queue.name);
      const { headSeq, nextSeq, count, bytes } = queue.record();
      expect({ nextSeq, count, bytes }).toEqual({
        nextSeq: model.nextSeq,
        count: model.messages.size,
        bytes: bytesOf(model),
      });
      const lowest = model.messages.keys().next().value ?? nextSeq;
      expect(headSeq).toBeLessThanOrEqual(lowest);
    }
    const sessions = [...machine.sessions()];
    expect(sessions.map((session) => session.clientId as string).sort()).toEqual(
      [...this.#now.sessions.keys()].sort(),
    );
    for (const session of sessions) {
      const model = this.#now.sessions.get(session.clientId);
      expect([...session.subscriptions.keys()].sort()).toEqual([...(model?.subscriptions ?? [])].sort());
      expect([...session.received].sort()).toEqual([...(model?.received ?? [])].sort());
    }
  }
}

function closing(clientId: ClientId, sentEnd: number): Operation {
  return { type: "close", clientId, expiryInterval: 60, keepWill: true, sentEnd, at: 5 };
}

describe("state machine, against a model of it", () => {
  it("delivers again exactly what was committed, not settled and not displaced, after any steps, failures and crashes", async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 80, size: "max" }), async (given, steps) => {
        const play = new Play(given);
        await play.start();
        for (const next of steps) await play.run(next);
        await play.end();
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
