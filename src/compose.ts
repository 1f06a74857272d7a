import { randomBytes } from "node:crypto";
import { AmqpServer } from "./amqp/connection/amqp-server.ts";
import { messageHeaders } from "./amqp/mapping/message-headers.ts";
import type { ByteStream } from "./base/byte-stream.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { Counters } from "./base/counters.ts";
import { Entrance } from "./base/entrance.ts";
import type { Listener } from "./base/listener.ts";
import type { Logger } from "./base/logger.ts";
import { LoopDelay } from "./base/loop-delay.ts";
import { isReserved } from "./base/topic-name.ts";
import { openAuthorization } from "./compose/authorization.ts";
import { openBridge, type RunningBridge } from "./compose/bridges.ts";
import { LiveInspection } from "./compose/inspection/live-inspection.ts";
import { createListener } from "./compose/listeners.ts";
import { createSources } from "./compose/observation.ts";
import { orUnlimited, QueueLimits } from "./compose/queue-limits.ts";
import { QueueHosts } from "./compose/queues/queue-hosts.ts";
import { QueueMembers } from "./compose/queues/queue-members.ts";
import { durable, JournalledSessions } from "./compose/session-journal.ts";
import { createSysTopics } from "./compose/sys-topics.ts";
import type { BrokerConfig } from "./config/broker-config.ts";
import { Metrics } from "./metrics/prometheus.ts";
import { MqttServer } from "./mqtt/connection/mqtt-server.ts";
import type { MqttOptions, Routing } from "./mqtt/ports.ts";
import { Publishing } from "./routing/publishing.ts";
import { RetainedIndex } from "./routing/retained-index.ts";
import { Router } from "./routing/router.ts";
import { GROUP_QUEUE_PREFIX, SharedGroups } from "./routing/shared-groups.ts";
import type { DurableSession } from "./state/durable-session.ts";
import { LocalJournal } from "./state/local-journal.ts";
import type { Queue } from "./state/queue.ts";
import { type StateEffects, StateMachine } from "./state/state-machine.ts";
import type { StateStore } from "./state/store.ts";
import { LevelStore } from "./storage/level/level-store.ts";
import { MemoryStore } from "./storage/memory/memory-store.ts";

/** A broker that runs. */
export interface Broker {
  /** What is listened on, as in the readiness lines. */
  readonly listeners: readonly string[];
  /** Reads again what can change while the broker runs: password and ACL file, certificates. */
  reload(): Promise<void>;
  /** Stops accepting, tells clients, finishes what is in flight within `shutdownTimeout`, closes the store. */
  stop(): Promise<void>;
}

/** Builds every room and hands each its ports. Rejects with a ConfigError, StorageError or ListenError. */
export async function startBroker(config: BrokerConfig, version: string, logger: Logger): Promise<Broker> {
  const clock: Clock = systemClock;
  const counters = new Counters();
  const store = createStore(config, logger);
  const router = new Router<Queue>();
  const retained = new RetainedIndex(config.storage.durability === "memory" ? undefined : store);
  const sysRetained = new RetainedIndex();
  const authorization = await openAuthorization(config, logger);
  const bridges: RunningBridge[] = [];
  const limits = new QueueLimits(config, { clock, counters, logger });

  const effects: StateEffects = {
    sessionOpened: (session) => {
      limits.limit(session.queue);
      mqtt.sessions.sessionOpened(session);
    },
    sessionDeleted: (session) => mqtt.sessions.sessionDeleted(session),
    subscribed: (session, topicFilter, options) => mqtt.sessions.subscribed(session, topicFilter, options),
    unsubscribed: (session, topicFilter) => mqtt.sessions.unsubscribed(session, topicFilter),
    retained: (message) => {
      if (message.payload.length === 0) retained.delete(message.topicName);
      else retained.set(message);
    },
    defined: (name, value) => queues.defined(name, value),
    corrupt: (what) => {
      counters.drop("corrupt_record");
      logger.error({ what }, "a stored record is damaged and was skipped");
    },
  };
  const machine = new StateMachine(store, effects, config.mqtt.maximumInflight);
  const loopDelay = new LoopDelay({ clock, monotonicNow: () => performance.now() });
  const sources = createSources({
    version,
    durability: config.storage.durability,
    counters,
    limits,
    router,
    retained,
    health,
    mqtt: () => mqtt,
    queues: () => queues,
    amqp: () => amqp,
    largestQueues: config.metrics.largestQueues,
    bridges,
    loopDelay,
  });
  const metrics = new Metrics(sources);
  const journal = new LocalJournal({
    machine,
    store,
    clock,
    logger,
    observeCommit: (result, seconds) => {
      metrics.observeCommit(result.operations, result.bytes, seconds);
      amqp.alarm(undefined);
    },
    commitFailed: () => {
      metrics.observeCommitFailure();
      amqp.alarm("the store cannot be written");
    },
  });
  const inspection = new LiveInspection({
    version,
    clock,
    machine,
    store,
    retained,
    bridges,
    hosts: () => queues.all(),
    mqtt: () => mqtt,
    subscriptionCount: () => router.subscriptionCount,
    health,
  });
  const publishing = new Publishing<Queue, DurableSession>(router, {
    append: (publish, waiter, token) => journal.append(publish, waiter, token),
  });
  const queues = new QueueHosts({
    config: config.queues,
    machine,
    journal,
    router,
    publishing,
    headers: messageHeaders,
    clock,
    logger,
    counters,
  });
  const members = new QueueMembers(() => queues.first, logger);
  const groups = createGroups({ router, machine, journal, clock, counters, limits });
  const entrance = new Entrance(
    { clock, counters, logger, loopDelayMs: () => loopDelay.meanMs },
    config.limits,
  );
  const mqtt = new MqttServer(
    {
      clock,
      logger,
      counters,
      journal: new JournalledSessions(journal, clock),
      routing: createRouting(router, publishing, retainedIn(retained, sysRetained), groups, members),
      authorization: authorization.control,
      entrance,
      randomId: () => randomBytes(12).toString("hex"),
      transientBudget: limits.transient,
      queueLost: (reason, queue) => limits.lost(reason, queue),
    },
    mqttOptions(config),
  );

  const amqp = new AmqpServer(
    {
      clock,
      logger,
      counters,
      hosts: queues,
      authorization: authorization.control,
      journal,
      entrance,
      randomId: () => randomBytes(16).toString("hex"),
    },
    { ...config.amqp, version, connectTimeout: config.mqtt.connectTimeout },
  );

  function health(): readonly string[] {
    return journal.failure === undefined ? [] : [journal.failure];
  }

  await machine.load();
  dropLeftovers(machine, journal, groups);
  await queues.open();
  const sysTopics = createSysTopics(sources, clock, sysRetained, (message) => publishing.announce(message));
  const opened: Listener[] = [];
  const stop = async (): Promise<void> => {
    sysTopics.stop();
    loopDelay.stop();
    await Promise.all(opened.map((listener) => listener.close()));
    await within(config.shutdownTimeout * 1000, async () => {
      await Promise.all([mqtt.shutDown(), amqp.shutDown()]);
      await Promise.all(bridges.map((bridge) => bridge.stop((config.shutdownTimeout * 1000) / 4)));
      queues.close();
      await journal.drain();
    });
    journal.close();
    await store.close();
  };
  try {
    for (const bridge of config.bridges) {
      bridges.push(await openBridge(bridge, { machine, journal, router, clock, logger }));
    }
    loopDelay.start();
    mqtt.start();
    for (const bridge of bridges) bridge.start();
    if (config.metrics.sysInterval > 0) sysTopics.start(config.metrics.sysInterval);
    for (const [index, listenerConfig] of config.listeners.entries()) {
      const rules = { strict: "strict" in listenerConfig ? listenerConfig.strict : "enforce" } as const;
      const accept = (stream: ByteStream): void => mqtt.accept(stream, rules);
      const acceptAmqp = (stream: ByteStream): void => amqp.accept(stream);
      const listener = createListener(listenerConfig, `listeners.${index}`, config, {
        accept,
        acceptAmqp,
        clock,
        logger,
        counters,
        health,
        metrics,
        inspection,
      });
      await listener.open();
      opened.push(listener);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const reload = async (): Promise<void> => {
    for (const owner of [authorization, ...opened]) await owner.reload?.();
  };
  return { listeners: opened.map((listener) => listener.description), reload, stop };
}

function createStore({ data, storage }: BrokerConfig, logger: Logger): StateStore {
  if (storage.durability === "memory") return new MemoryStore();
  return new LevelStore({ folder: data, sync: storage.durability === "disk" }, logger);
}

interface GroupEnvironment {
  readonly router: Router<Queue>;
  readonly machine: StateMachine;
  readonly journal: LocalJournal;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly limits: QueueLimits;
}

function createGroups({
  router,
  machine,
  journal,
  clock,
  counters,
  limits,
}: GroupEnvironment): SharedGroups<Queue> {
  return new SharedGroups<Queue>(router, {
    maximumMessages: limits.policy.maximumMessages,
    memoryBudget: limits.transient,
    mayRefuse: limits.policy.whenFull === "rejectElseDrop",
    now: () => clock.now(),
    settle: (queue, seq) => journal.append({ type: "settle", queue, seq }),
    dropped: (reason) => counters.drop(reason),
    declareQueue: (name) => {
      if (machine.queue(name) === undefined) journal.append({ type: "declare", name, at: clock.now() });
      const queue = machine.queue(name) as Queue;
      limits.limit(queue);
      return queue;
    },
    dropQueue: ({ name }) => journal.append({ type: "drop", name }),
  });
}

/** A crash may leave the queue of a group behind whose last member is gone. */
function dropLeftovers(machine: StateMachine, journal: LocalJournal, groups: SharedGroups<Queue>): void {
  for (const { name } of [...machine.queues()]) {
    if (name.startsWith(GROUP_QUEUE_PREFIX) && !groups.has(name)) journal.append({ type: "drop", name });
  }
}

/** The routing core in mqtt's words: its routes and queues are ours, seen through narrower interfaces. */
function createRouting(
  router: Router<Queue>,
  publishing: Publishing<Queue, DurableSession>,
  retained: Routing["retained"],
  groups: SharedGroups<Queue>,
  members: QueueMembers,
): Routing {
  type OurRoute = Parameters<Router<Queue>["subscribe"]>[0];
  return {
    addRoute: (route) => router.subscribe(route as OurRoute),
    removeRoute: (receiver, topicFilter) => router.unsubscribe(receiver as OurRoute["receiver"], topicFilter),
    joinGroup: (key, member, isDurable) =>
      key.queueName === undefined ? groups.join(key, member, isDurable) : members.join(key.queueName, member),
    leaveGroup: (key, member) =>
      key.queueName === undefined ? groups.leave(key, member) : members.leave(member),
    hasQueue: (name) => members.hasQueue(name),
    publishQoS0: (message) => publishing.publishQoS0(message),
    publish: (message, receivedFor, packetId, waiter, token) =>
      publishing.publish(message, receivedFor && durable(receivedFor), packetId, waiter, token),
    publishWill: (message, willOf) => publishing.publishWill(message, willOf && durable(willOf)),
    deliverTo: (receiver, message, delivery) =>
      publishing.deliverTo(receiver as OurRoute["receiver"], message, delivery),
    refusedBy: (message, canBeTold) => router.refusedBy(message, canBeTold),
    retained,
  };
}

/** The broker's own topics are retained apart: no wildcard reaches them from outside [MQTT-4.7.2-1]. */
function retainedIn(ordinary: RetainedIndex, sys: RetainedIndex): Routing["retained"] {
  return (topicFilter) => (isReserved(topicFilter) ? sys : ordinary).matching(topicFilter);
}

function mqttOptions({ mqtt, sessions, limits, storage }: BrokerConfig): MqttOptions {
  return {
    ...mqtt,
    limits,
    maximumQueuedMessages: orUnlimited(sessions.maximumQueuedMessages),
    maximumQueuedBytes: orUnlimited(sessions.maximumQueuedBytes),
    whenFull: sessions.whenFull,
    durability: storage.durability,
  };
}

/** Runs `task` to its end or for `limitMs`, whichever comes first. */
async function within(limitMs: number, task: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([task(), timeout]);
  clearTimeout(timer);
}
