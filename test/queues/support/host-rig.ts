import { messageHeaders } from "../../../src/amqp/mapping/message-headers.ts";
import { Counters } from "../../../src/base/counters.ts";
import type { FieldTable } from "../../../src/base/field-table.ts";
import type { TopicName } from "../../../src/base/ids.ts";
import { type Logger, silentLogger } from "../../../src/base/logger.ts";
import { Refusal } from "../../../src/base/refusal.ts";
import { QueueHosts } from "../../../src/compose/queues/queue-hosts.ts";
import { brokerConfigSchema } from "../../../src/config/broker-config.ts";
import type { QueueDelivery } from "../../../src/queues/hosted-queue.ts";
import { PublishResult } from "../../../src/queues/requests.ts";
import type { VirtualHost } from "../../../src/queues/virtual-host.ts";
import { Publishing } from "../../../src/routing/publishing.ts";
import { Router } from "../../../src/routing/router.ts";
import type { DurableSession } from "../../../src/state/durable-session.ts";
import { LocalJournal } from "../../../src/state/local-journal.ts";
import type { Queue } from "../../../src/state/queue.ts";
import { StateMachine } from "../../../src/state/state-machine.ts";
import { MemoryDisk } from "../../../src/storage/memory/memory-disk.ts";
import { FakeClock } from "../../bridges/support/fake-clock.ts";
import { SeenEffects } from "../../state/rig.ts";
import { aMessage } from "../../storage/samples.ts";
import { HeldStore } from "../../support/held-store.ts";

type QueuesInput = Record<string, unknown>;

/** Virtual hosts as the broker has them: on the routing core, a state machine, a journal and a disk. */
export class HostRig {
  readonly disk: MemoryDisk;
  readonly clock = new FakeClock();
  readonly router = new Router<Queue>();
  readonly publishing: Publishing<Queue, DurableSession>;
  readonly journal: LocalJournal;
  readonly hosts: QueueHosts;
  readonly owner = {};
  /** What each topic retains, as text. */
  readonly retained: ReadonlyMap<TopicName, string>;
  readonly store: HeldStore;
  readonly counters = new Counters();
  /** What was logged as a warning or an error. */
  readonly lines: { readonly fields: object; readonly message: string }[] = [];
  readonly #machine: StateMachine;
  #tokens = 0;

  constructor(queues: QueuesInput = {}, disk = new MemoryDisk()) {
    this.disk = disk;
    this.store = new HeldStore(disk);
    const effects = new SeenEffects();
    this.retained = effects.retainedMessages;
    const { clock, store } = this;
    this.#machine = new StateMachine(store, effects);
    const machine = this.#machine;
    this.journal = new LocalJournal({
      machine,
      store,
      clock,
      logger: silentLogger,
      observeCommit() {},
      commitFailed() {},
    });
    this.publishing = new Publishing<Queue, DurableSession>(this.router, {
      append: (publish, waiter, token) => this.journal.append(publish, waiter, token),
    });
    this.hosts = new QueueHosts({
      config: brokerConfigSchema.parse({ queues }).queues,
      machine,
      journal: this.journal,
      router: this.router,
      publishing: this.publishing,
      headers: messageHeaders,
      clock,
      logger: this.#logger(),
      counters: this.counters,
    });
    effects.defined = (name, value) => this.hosts.defined(name, value);
  }

  async open(): Promise<this> {
    await this.#machine.load();
    await this.hosts.open();
    return this;
  }

  /** The same disk after a stop or a kill. */
  async restarted(ending: "stopped" | "killed", queues: QueuesInput = {}): Promise<HostRig> {
    await this.end(ending);
    return new HostRig(queues, this.disk).open();
  }

  async end(ending: "stopped" | "killed"): Promise<void> {
    if (ending === "stopped") {
      this.hosts.close();
      await this.journal.drain();
    }
    this.store.kill();
    this.journal.close();
  }

  #logger(): Logger {
    const note = (fields: object, message: string): void => void this.lines.push({ fields, message });
    return { ...silentLogger, warn: note, error: note };
  }

  get host(): VirtualHost<Queue> {
    const { first } = this.hosts;
    if (first === undefined) throw new Error("there is no virtual host");
    return first;
  }

  /** Runs a request and resolves when it is as durable as it gets. */
  done(request: (waiter: { committed(token: number): void }, token: number) => unknown): Promise<void> {
    return new Promise((resolve) => {
      request({ committed: () => resolve() }, ++this.#tokens);
    });
  }

  declareExchange(
    name: string,
    type: string,
    over: Partial<Record<"durable" | "autoDelete" | "internal", boolean>> & { arguments?: FieldTable } = {},
  ): Promise<void> {
    const declaration = {
      name,
      type,
      durable: true,
      autoDelete: false,
      internal: false,
      arguments: [],
      ...over,
    };
    return this.done((waiter, token) => this.host.declareExchange(declaration, waiter, token));
  }

  declareQueue(
    name: string,
    over: Partial<Record<"durable" | "autoDelete" | "exclusive", boolean>> & { arguments?: FieldTable } = {},
  ): Promise<void> {
    const declaration = { name, durable: true, exclusive: false, autoDelete: false, arguments: [], ...over };
    return this.done((waiter, token) => this.host.declareQueue(declaration, this.owner, waiter, token));
  }

  /** Without waiting: for what is refused. */
  declareExchangeNow(name: string, type: string): void {
    const flags = { durable: true, autoDelete: false, internal: false };
    this.host.declareExchange({ name, type, ...flags, arguments: [] }, { committed() {} }, 0);
  }

  declareQueueNow(name: string, table: FieldTable = []): void {
    const flags = { durable: true, exclusive: false, autoDelete: false };
    this.host.declareQueue({ name, ...flags, arguments: table }, this.owner, { committed() {} }, 0);
  }

  bind(source: string, destination: string, routingKey: string, table: FieldTable = []): Promise<void> {
    const binding = { source, destination, routingKey, arguments: table };
    return this.done((waiter, token) => this.host.bindQueue(binding, this.owner, waiter, token));
  }

  unbind(source: string, destination: string, routingKey: string, table: FieldTable = []): Promise<void> {
    const binding = { source, destination, routingKey, arguments: table };
    return this.done((waiter, token) => this.host.unbindQueue(binding, this.owner, waiter, token));
  }

  bindExchange(source: string, destination: string, routingKey: string): Promise<void> {
    const binding = { source, destination, routingKey, arguments: [] };
    return this.done((waiter, token) => this.host.bindExchange(binding, waiter, token));
  }

  /** Returns the bits of `PublishResult`. */
  async publish(
    exchange: string,
    routingKey: string,
    text = "m",
    headers: FieldTable = [],
    furtherKeys: string[] = [],
  ): Promise<number> {
    const message = aMessage({
      payload: Buffer.from(text),
      envelope: { exchange, routingKey, header: Buffer.from([0, 0]) },
    });
    const publication = {
      message: { ...message, topicName: "" as TopicName },
      exchange,
      routingKey,
      furtherKeys,
      headers: () => headers,
      mayPublish: (topicName: string) => !topicName.startsWith("forbidden/"),
    };
    let bits = 0;
    await new Promise<void>((resolve) => {
      bits = this.host.publish(publication, { committed: () => resolve() }, ++this.#tokens);
      if ((bits & PublishResult.Pending) === 0) resolve();
    });
    return bits;
  }

  /** What an MQTT client publishes at QoS 1. */
  publishMqtt(topicName: string, text = "m", retain = false): Promise<void> {
    return new Promise((resolve) => {
      const message = aMessage({ topicName, payload: Buffer.from(text), retain });
      const bits = this.publishing.publish(
        message,
        undefined,
        0,
        { committed: () => resolve() },
        ++this.#tokens,
      );
      if ((bits & 1) === 0) resolve();
    });
  }

  /** Takes all that is ready, acknowledged. */
  async drain(queue: string): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const delivery = await this.get(queue);
      if (delivery === undefined) return texts;
      texts.push(delivery.message.payload.toString());
      delivery.acknowledge();
    }
  }

  get(queue: string): Promise<QueueDelivery | undefined> {
    return new Promise((resolve) => this.host.get(queue, false, this.owner, (delivery) => resolve(delivery)));
  }

  /** What a request is refused with: `reason: message`. */
  refusal(request: () => unknown): string {
    try {
      request();
    } catch (error) {
      if (error instanceof Refusal) return `${error.reason}: ${error.message}`;
      throw error;
    }
    return "not refused";
  }
}
