import type { IConnackPacket } from "mqtt-packet";
import { Counters } from "../../src/base/counters.ts";
import { Entrance, type EntranceLimits } from "../../src/base/entrance.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { QueueLimits } from "../../src/compose/queue-limits.ts";
import { durable, JournalledSessions } from "../../src/compose/session-journal.ts";
import type { TopicCache } from "../../src/mqtt/codec/topic-cache.ts";
import { MqttServer } from "../../src/mqtt/connection/mqtt-server.ts";
import type { Authorization, MqttOptions, Routing } from "../../src/mqtt/ports.ts";
import { Publishing } from "../../src/routing/publishing.ts";
import { RetainedIndex } from "../../src/routing/retained-index.ts";
import { Router } from "../../src/routing/router.ts";
import { SharedGroups } from "../../src/routing/shared-groups.ts";
import type { DurableSession } from "../../src/state/durable-session.ts";
import { LocalJournal } from "../../src/state/local-journal.ts";
import type { Queue } from "../../src/state/queue.ts";
import type { QueuePolicy } from "../../src/state/queue-overflow.ts";
import { StateMachine } from "../../src/state/state-machine.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { HeldStore } from "./held-store.ts";
import type { MemoryStream } from "./memory-stream.ts";
import { type ConnectOptions, memoryClient, type RawClient } from "./raw-client.ts";

const OPTIONS: MqttOptions = {
  maximumPacketSize: 1024 * 1024,
  receiveMaximum: 1024,
  maximumInflight: 1024,
  topicAliasMaximum: 16,
  outgoingTopicAliases: 16,
  checkPayloadFormat: false,
  responseInformation: null,
  serverReference: null,
  maximumQoS: 2,
  retainAvailable: true,
  wildcardSubscriptionAvailable: true,
  sharedSubscriptionAvailable: true,
  maximumKeepAlive: 65_535,
  sessionExpiryMaximum: 604_800,
  connectTimeout: 10,
  maximumTopicLevels: 128,
  maximumSubscriptionsPerClient: 1000,
  maximumQueuedMessages: 1000,
  maximumQueuedBytes: 1024 * 1024,
  whenFull: "dropNewest",
  durability: "disk",
  limits: {
    unauthenticatedPacketSize: 65_536,
    messageRate: 0,
    whenMessageRateExceeded: "slow",
    maximumFiltersPerPacket: 1000,
    maximumUnreleasedMessages: 65_535,
  },
};

/** Lets everybody in. */
export const OPEN_ENTRANCE: EntranceLimits = {
  maximumConnectionsPerAddress: 0,
  connectRate: 0,
  exemptLoopback: false,
  maximumLoopDelay: 0,
};

const EVERYBODY: Authorization = {
  hasRules: false,
  authenticate: ({ username }) => ({ accepted: true, user: username ?? "" }),
  exchange: () => undefined,
  mayPublish: () => true,
  maySubscribe: () => true,
  mayReceive: () => true,
};

/** Turns of the event loop after which a broker in memory has nothing left to do. */
const SETTLE_TURNS = 120;

export interface TestBrokerOptions {
  readonly options?: Partial<MqttOptions>;
  readonly entrance?: Partial<EntranceLimits>;
  readonly authorization?: Partial<Authorization>;
  readonly disk?: MemoryDisk;
  /** On `disk`; not for a broker that will crash: the next one opens a store of its own. */
  readonly store?: HeldStore;
  readonly clock?: FakeClock;
  /** One for many brokers, where opening them has to be fast. */
  readonly topics?: TopicCache;
  readonly logger?: Logger;
  readonly loopDelayMs?: () => number;
  /** Of all sessions together. */
  readonly totals?: Partial<
    Record<"maximumTotalMessages" | "maximumTotalBytes" | "maximumTransientBytes", number>
  >;
  /** For the lines about full queues; silent when left out. */
  readonly queueLogger?: Logger;
}

/** The broker's rooms on a disk in memory, a clock the test moves, and streams without sockets. */
export class TestBroker {
  readonly clock: FakeClock;
  readonly disk: MemoryDisk;
  readonly counters = new Counters();
  readonly store: HeldStore;
  readonly router = new Router<Queue>();
  readonly machine: StateMachine;
  readonly journal: LocalJournal;
  readonly limits: QueueLimits;
  readonly mqtt: MqttServer;
  readonly #given: TestBrokerOptions;
  readonly #retained = new RetainedIndex();

  static async open(given: TestBrokerOptions = {}): Promise<TestBroker> {
    const broker = new TestBroker(given);
    await broker.machine.load();
    broker.mqtt.start();
    return broker;
  }

  private constructor(given: TestBrokerOptions) {
    this.#given = given;
    this.clock = given.clock ?? new FakeClock();
    this.disk = given.disk ?? new MemoryDisk();
    this.store = given.store ?? new HeldStore(this.disk);
    const options = { ...OPTIONS, ...given.options };
    this.limits = this.#createLimits(options);
    this.machine = this.#createMachine();
    const { clock, counters, machine, store } = this;
    const logger = given.logger ?? silentLogger;
    this.journal = new LocalJournal({ machine, store, clock, logger, observeCommit() {}, commitFailed() {} });
    const authorization = { ...EVERYBODY, ...given.authorization };
    let lastId = 0;
    this.mqtt = new MqttServer(
      {
        clock,
        logger,
        counters,
        journal: new JournalledSessions(this.journal, clock),
        routing: this.#createRouting(),
        authorization,
        entrance: new Entrance(
          { clock, counters, logger, ...(given.loopDelayMs && { loopDelayMs: given.loopDelayMs }) },
          { ...OPEN_ENTRANCE, ...given.entrance },
        ),
        randomId: () => String(++lastId),
        transientBudget: this.limits.transient,
        queueLost: (reason, queue) => this.limits.lost(reason, queue),
      },
      options,
      given.topics,
    );
  }

  /** A connection that has said nothing yet. */
  dial(version: 3 | 4 | 5 = 5): { client: RawClient; stream: MemoryStream } {
    const dialled = memoryClient(version);
    this.mqtt.accept(dialled.stream);
    return dialled;
  }

  async connect(
    options: ConnectOptions = {},
    version: 3 | 4 | 5 = 5,
  ): Promise<{ client: RawClient; stream: MemoryStream; connack: IConnackPacket }> {
    const dialled = this.dial(version);
    return { ...dialled, connack: await dialled.client.connect(options) };
  }

  /** Waits until nothing moves any more. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The process is killed: a new one finds what was committed. */
  async crash(): Promise<TestBroker> {
    this.store.kill();
    this.journal.close();
    return TestBroker.open({ ...this.#given, disk: this.disk, clock: this.clock });
  }

  dropped(reason: Parameters<Counters["drop"]>[0]): number {
    return this.counters.dropped.get(reason) ?? 0;
  }

  /** A durable queue that gets every message, as a bridge's outbox does. */
  bindQueue(topicFilter: string, policy: Partial<QueuePolicy> = {}): Queue {
    this.journal.append({ type: "declare", name: `outbox/${topicFilter}`, at: this.clock.now() });
    const queue = this.machine.queue(`outbox/${topicFilter}`) as Queue;
    queue.policy = { ...queue.policy, ...policy };
    this.router.subscribe({
      receiver: { mayRefuse: true, id: "", queueFor: () => queue, deliver() {} },
      topicFilter: topicFilter as never,
      options: { qos: 2, noLocal: false, retainAsPublished: true, subscriptionIdentifier: 0 },
    });
    return queue;
  }

  #createLimits({ maximumQueuedMessages, maximumQueuedBytes, whenFull }: MqttOptions): QueueLimits {
    const { totals, queueLogger = silentLogger } = this.#given;
    const sessions = {
      maximumQueuedMessages,
      maximumQueuedBytes,
      whenFull,
      maximumTotalMessages: 0,
      maximumTotalBytes: 0,
      maximumTransientBytes: 0,
      ...totals,
    };
    return new QueueLimits({ sessions }, { clock: this.clock, counters: this.counters, logger: queueLogger });
  }

  #createMachine(): StateMachine {
    return new StateMachine(this.store, {
      sessionOpened: (session) => {
        this.limits.limit(session.queue);
        this.mqtt.sessions.sessionOpened(session);
      },
      sessionDeleted: (session) => this.mqtt.sessions.sessionDeleted(session),
      subscribed: (session, topicFilter, options) =>
        this.mqtt.sessions.subscribed(session, topicFilter, options),
      defined: () => {},
      unsubscribed: (session, topicFilter) => this.mqtt.sessions.unsubscribed(session, topicFilter),
      retained: (message) => {
        if (message.payload.length === 0) this.#retained.delete(message.topicName);
        else this.#retained.set(message);
      },
      corrupt: (what) => {
        throw new Error(what);
      },
    });
  }

  #createGroups(): SharedGroups<Queue> {
    return new SharedGroups<Queue>(this.router, {
      maximumMessages: Number.POSITIVE_INFINITY,
      memoryBudget: this.limits.transient,
      mayRefuse: this.limits.policy.whenFull === "rejectElseDrop",
      now: () => this.clock.now(),
      settle: (queue, seq) => this.journal.append({ type: "settle", queue, seq }),
      dropped: (reason) => this.counters.drop(reason),
      declareQueue: (name) => {
        this.journal.append({ type: "declare", name, at: this.clock.now() });
        const queue = this.machine.queue(name) as Queue;
        this.limits.limit(queue);
        return queue;
      },
      dropQueue: ({ name }) => this.journal.append({ type: "drop", name }),
    });
  }

  #createRouting(): Routing {
    const { router } = this;
    const publishing = new Publishing<Queue, DurableSession>(router, {
      append: (publish, waiter, token) => this.journal.append(publish, waiter, token),
    });
    const groups = this.#createGroups();
    type OurRoute = Parameters<Router<Queue>["subscribe"]>[0];
    return {
      addRoute: (route) => router.subscribe(route as OurRoute),
      removeRoute: (receiver, topicFilter) =>
        router.unsubscribe(receiver as OurRoute["receiver"], topicFilter),
      joinGroup: (key, member, isDurable) => groups.join(key, member, isDurable),
      leaveGroup: (key, member) => groups.leave(key, member),
      hasQueue: () => false,
      publishQoS0: (message) => publishing.publishQoS0(message),
      publish: (message, receivedFor, packetId, waiter, token) =>
        publishing.publish(message, receivedFor && durable(receivedFor), packetId, waiter, token),
      publishWill: (message, willOf) => publishing.publishWill(message, willOf && durable(willOf)),
      deliverTo: (receiver, message, delivery) =>
        publishing.deliverTo(receiver as OurRoute["receiver"], message, delivery),
      refusedBy: (message, canBeTold) => router.refusedBy(message, canBeTold),
      retained: (topicFilter) => this.#retained.matching(topicFilter),
    };
  }
}

/** Properties of a CONNECT whose session outlives its connection. */
export function lasting(clientId: string, clean = false, sessionExpiryInterval = 3600): ConnectOptions {
  return { clientId, clean, properties: { sessionExpiryInterval } };
}
