import { Counters } from "../../../src/base/counters.ts";
import type { FieldTable } from "../../../src/base/field-table.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import { JournalledQueues } from "../../../src/compose/queues/queue-journal.ts";
import { DEAD_LETTER_DELIVERY } from "../../../src/queues/dead-letters.ts";
import type { QueueSettings } from "../../../src/queues/hosted-queue.ts";
import { MemoryBudget } from "../../../src/queues/memory-budget.ts";
import { WorkQueue, type WorkQueuePorts } from "../../../src/queues/work-queue.ts";
import { LocalJournal } from "../../../src/state/local-journal.ts";
import type { Queue } from "../../../src/state/queue.ts";
import { StateMachine } from "../../../src/state/state-machine.ts";
import { MemoryDisk } from "../../../src/storage/memory/memory-disk.ts";
import { FakeClock } from "../../bridges/support/fake-clock.ts";
import { SeenEffects } from "../../state/rig.ts";
import { aMessage } from "../../storage/samples.ts";
import { HeldStore } from "../../support/held-store.ts";
import { TestConsumer } from "./test-consumer.ts";
import { TestHeaders } from "./test-headers.ts";

export interface TextOptions {
  readonly priority?: number;
  /** Milliseconds. */
  readonly expiration?: number;
  readonly routingKey?: string;
  readonly headers?: FieldTable;
}

/** Queues on a real state machine and journal, on a disk that outlives them. */
export class QueueRig {
  readonly disk: MemoryDisk;
  readonly clock: FakeClock;
  readonly headers: TestHeaders;
  readonly store: HeldStore;
  readonly machine: StateMachine;
  readonly journal: LocalJournal;
  readonly counters = new Counters();
  readonly queues = new Map<string, WorkQueue<Queue>>();
  /** Where an exchange leads: names of queues. The default exchange needs none. */
  readonly exchanges = new Map<string, string[]>();
  /** Messages that reached the receivers of a topic, of the exchange `amq.topic`. */
  readonly routed: Message[] = [];
  readonly memory: MemoryBudget;
  /** Puts and deletes. */
  operationsWritten = 0;
  readonly #ports: WorkQueuePorts<Queue>;

  constructor(before?: QueueRig, memoryBytes = 1_000_000) {
    this.disk = before?.disk ?? new MemoryDisk();
    this.clock = before?.clock ?? new FakeClock();
    this.headers = before?.headers ?? new TestHeaders();
    this.memory = new MemoryBudget(memoryBytes);
    this.store = new HeldStore(this.disk);
    this.machine = new StateMachine(this.store, new SeenEffects());
    this.journal = new LocalJournal({
      machine: this.machine,
      store: this.store,
      clock: this.clock,
      logger: silentLogger,
      observeCommit: ({ operations }) => {
        this.operationsWritten += operations;
      },
      commitFailed() {},
    });
    this.#ports = this.#makePorts();
  }

  /** What a process finds that starts after this one ended: stopped in order, or killed. */
  async restarted(ending: "stopped" | "killed"): Promise<QueueRig> {
    if (ending === "stopped") {
      for (const queue of this.queues.values()) queue.close();
      await this.journal.drain();
    }
    this.store.kill();
    this.journal.close();
    const after = new QueueRig(this);
    await after.machine.load();
    for (const { settings } of this.queues.values()) {
      if (settings.durable) after.declare(settings.name, settings, { wasHandedOut: ending === "killed" });
    }
    for (const [name, queues] of this.exchanges) after.exchanges.set(name, queues);
    return after;
  }

  declare(
    name: string,
    over: Partial<QueueSettings> = {},
    options?: { readonly wasHandedOut: boolean },
  ): WorkQueue<Queue> {
    const queue = new WorkQueue<Queue>({ ...PLAIN, ...over, name }, this.#ports, options);
    this.queues.set(name, queue);
    return queue;
  }

  /** A message as an AMQP publisher sends it. */
  message(text: string, options: TextOptions = {}): Message {
    const { priority = 0, expiration, routingKey = "key", headers = [] } = options;
    const receivedAt = this.clock.now();
    return aMessage({
      payload: Buffer.from(text),
      receivedAt,
      expiresAt: expiration === undefined ? 0 : receivedAt + expiration,
      envelope: { exchange: "source", routingKey, header: this.headers.encode({ headers, priority }) },
    });
  }

  publish(queue: WorkQueue<Queue>, text: string, options: TextOptions = {}): void {
    this.send(queue, this.message(text, options));
  }

  send(queue: WorkQueue<Queue>, message: Message, committed: () => void = () => {}): void {
    const lane = queue.receiver.queueFor(message);
    if (lane === undefined) queue.push(message);
    else this.#append(message, [{ queue: lane, delivery: DEAD_LETTER_DELIVERY }], committed);
  }

  consumer(
    queue: WorkQueue<Queue>,
    options: ConstructorParameters<typeof TestConsumer>[1] = {},
  ): TestConsumer {
    return new TestConsumer(queue, options);
  }

  /** Runs until all that was asked for is done and on disk, pages are read, and nothing more follows from it. */
  async settled(): Promise<void> {
    for (let i = 0; i < 6; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Entries that were ever written to the disk and are still there. */
  get entriesOnDisk(): number {
    return [...this.disk.entries.values()].reduce((sum, { entries }) => sum + entries.size, 0);
  }

  #append(
    message: Message,
    targets: readonly { queue: Queue; delivery: typeof DEAD_LETTER_DELIVERY }[],
    committed: () => void = () => {},
  ): void {
    const nothing = { retain: false, receivedFor: undefined, packetId: 0, willOf: undefined };
    this.journal.append({ type: "publish", message, targets, ...nothing }, { committed });
  }

  #makePorts(): WorkQueuePorts<Queue> {
    const { clock, counters, headers, memory, machine } = this;
    return {
      hostName: "/",
      journal: new JournalledQueues(this.journal, machine, clock),
      clock,
      logger: silentLogger,
      counters,
      headers,
      memory,
      laneName: (name, priority) => `queue///${name}/${priority}`,
      findLane: (name) => machine.queue(name),
      laneOpened() {},
      routeDeadLetter: (_message, exchange, routingKeys) => {
        const names = exchange === "" ? routingKeys : this.exchanges.get(exchange);
        const queues = names?.flatMap((name) => this.queues.get(name) ?? []);
        return queues && { queues: new Set(queues), isRouted: exchange === "amq.topic", except: new Set() };
      },
      publishDeadLetter: (targets, message, isRouted) => {
        if (isRouted) this.routed.push(message);
        if (targets.length > 0) this.#append(message, targets);
      },
      expired: (queue) => {
        this.queues.delete(queue.name);
        queue.delete();
      },
    };
  }
}

const PLAIN: QueueSettings = {
  name: "",
  durable: true,
  exclusive: false,
  autoDelete: false,
  messageTtlMs: undefined,
  expiresMs: undefined,
  maximumLength: undefined,
  maximumBytes: undefined,
  overflow: "drop-head",
  deadLetterExchange: undefined,
  deadLetterRoutingKey: undefined,
  maximumPriority: 0,
  singleActiveConsumer: false,
  deliveryLimit: undefined,
  consumerTimeoutMs: undefined,
  showsDeliveryCount: true,
};
