import type { Clock } from "../../base/clock.ts";
import type { Counters } from "../../base/counters.ts";
import type { Logger } from "../../base/logger.ts";
import type { BrokerConfig } from "../../config/broker-config.ts";
import { DEFINITION_PREFIX, type Definition, decodeDefinition } from "../../queues/definitions.ts";
import type { HostedQueue } from "../../queues/hosted-queue.ts";
import { MemoryBudget } from "../../queues/memory-budget.ts";
import type { CommitWaiter, DefinitionKind, HeaderCodec, TopicRouting } from "../../queues/ports.ts";
import { VirtualHost } from "../../queues/virtual-host.ts";
import { WorkQueue, type WorkQueuePorts } from "../../queues/work-queue.ts";
import type { Publishing } from "../../routing/publishing.ts";
import type { Router } from "../../routing/router.ts";
import type { DurableSession } from "../../state/durable-session.ts";
import type { Journal } from "../../state/journal.ts";
import type { Queue } from "../../state/queue.ts";
import type { StateMachine } from "../../state/state-machine.ts";
import { declareConfigured } from "./configured-queues.ts";
import { HostLimits } from "./host-limits.ts";
import { LeftOut } from "./left-out.ts";
import { JournalledQueues } from "./queue-journal.ts";
import { QueueTally } from "./queue-tally.ts";
import { NoTopicRouting, QueueTopicRouting } from "./topic-routing.ts";

export interface QueueEnvironment {
  readonly config: BrokerConfig["queues"];
  readonly machine: StateMachine;
  readonly journal: Journal;
  readonly router: Router<Queue>;
  readonly publishing: Publishing<Queue, DurableSession>;
  readonly headers: HeaderCodec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
}

/** Kept while the broker is stopped in order: without it, all that waits may have been handed out. */
const STOPPED_MARK = "queues-stopped";
const COUNTS: Readonly<Record<DefinitionKind, (host: VirtualHost<Queue>) => number>> = {
  exchange: (host) => host.declaredExchangeCount,
  queue: (host) => host.queueCount,
  binding: (host) => host.bindingCount,
};
const NOBODY: CommitWaiter = { committed() {} };

/** The virtual hosts of the broker, with their exchanges and queues. */
export class QueueHosts {
  readonly #environment: QueueEnvironment;
  readonly #journal: JournalledQueues;
  readonly #memory: MemoryBudget;
  readonly #limits: HostLimits;
  readonly #leftOut: LeftOut;
  readonly #hosts = new Map<string, VirtualHost<Queue>>();
  /** By virtual host: what queues counted that are gone. */
  readonly #gone = new Map<string, QueueTally>();
  /** What the store holds, until the hosts are made of it. */
  readonly #stored = new Map<string, Buffer>();
  #isOpen = false;

  constructor(environment: QueueEnvironment) {
    const { journal, machine, clock, config, logger, counters, headers } = environment;
    this.#environment = environment;
    this.#journal = new JournalledQueues(journal, machine, clock);
    this.#leftOut = new LeftOut(logger);
    this.#memory = new MemoryBudget(config.maximumMemoryBytes);
    const count = (kind: DefinitionKind): number => this.#count(kind);
    this.#limits = new HostLimits(config, { clock, logger, counters, count, codec: headers });
  }

  /** As `StateEffects.defined`: what was stored comes before `open`. */
  defined(name: string, value: Buffer | undefined): void {
    if (this.#isOpen || value === undefined) return;
    if (name === STOPPED_MARK || name.startsWith(DEFINITION_PREFIX))
      this.#stored.set(name, Buffer.from(value));
  }

  /**
   * After the state is loaded: makes the hosts, restores what was stored, declares what is configured. Clients may come
   * when it has resolved: the mark of an orderly stop is gone from the disk then, so that a process which is killed
   * after its first delivery leaves none behind.
   */
  async open(): Promise<void> {
    const { config } = this.#environment;
    this.#isOpen = true;
    const wasHandedOut = !this.#stored.delete(STOPPED_MARK);
    if (!wasHandedOut) this.#journal.define(STOPPED_MARK, undefined);
    for (const [index, name] of config.virtualHosts.entries())
      this.#openHost(name, index === 0, wasHandedOut);
    for (const [name, definitions] of this.#storedByHost()) {
      const host = this.#hosts.get(name);
      if (host === undefined) this.#leftOut.withoutHost(name, definitions.length);
      else host.restore(definitions, (definition, error) => this.#leftOut.refused(definition, error));
    }
    this.#leftOut.end();
    this.#stored.clear();
    declareConfigured(config, (name) => this.#hosts.get(name));
    this.#limits.turnOn();
    await new Promise<void>((resolve) => this.#journal.whenCommitted({ committed: () => resolve() }, 0));
  }

  get(name: string): VirtualHost<Queue> | undefined {
    return this.#hosts.get(name);
  }

  /** The one that sees MQTT topics. */
  get first(): VirtualHost<Queue> | undefined {
    return this.#hosts.values().next().value;
  }

  all(): IterableIterator<VirtualHost<Queue>> {
    return this.#hosts.values();
  }

  /** What the deleted queues of a virtual host had counted. */
  goneOf(name: string): QueueTally {
    const known = this.#gone.get(name) ?? new QueueTally();
    this.#gone.set(name, known);
    return known;
  }

  /** Stored exchanges, queues and bindings that could not be restored at the start. */
  get leftOutCount(): number {
    return this.#leftOut.count;
  }

  get memoryBytes(): number {
    return this.#memory.usedBytes;
  }

  /** The process stops: notes what was handed out. Before the journal drains. */
  close(): void {
    for (const host of this.#hosts.values()) host.close();
    this.#journal.define(STOPPED_MARK, Buffer.alloc(0));
  }

  #openHost(name: string, seesTopics: boolean, wasHandedOut: boolean): void {
    const { router, publishing, headers } = this.#environment;
    const topics = seesTopics ? new QueueTopicRouting(router, publishing) : undefined;
    const routing = topics ?? new NoTopicRouting(publishing);
    const ports = this.#workQueuePorts(name, routing, () => host);
    const host: VirtualHost<Queue> = new VirtualHost<Queue>({
      name,
      codec: headers,
      journal: this.#journal,
      routing,
      limits: this.#limits,
      createQueue: (settings, isNew) =>
        new WorkQueue<Queue>(this.#withDefaults(settings), ports, { wasHandedOut: wasHandedOut && !isNew }),
      removed: (queue) => this.goneOf(name).add(queue as WorkQueue<Queue>),
    });
    topics?.useSource(host);
    this.#hosts.set(name, host);
  }

  #count(kind: DefinitionKind): number {
    let count = 0;
    for (const host of this.#hosts.values()) count += COUNTS[kind](host);
    return count;
  }

  #withDefaults(settings: HostedQueue<Queue>["settings"]): HostedQueue<Queue>["settings"] {
    const { deliveryLimit, consumerTimeout } = this.#environment.config;
    return {
      ...settings,
      deliveryLimit: settings.deliveryLimit ?? (deliveryLimit || undefined),
      consumerTimeoutMs: settings.consumerTimeoutMs ?? (consumerTimeout * 1000 || undefined),
    };
  }

  #workQueuePorts(
    hostName: string,
    routing: TopicRouting<Queue>,
    host: () => VirtualHost<Queue>,
  ): WorkQueuePorts<Queue> {
    const { clock, logger, counters, headers, machine } = this.#environment;
    return {
      hostName,
      journal: this.#journal,
      clock,
      logger,
      counters,
      headers,
      memory: this.#memory,
      laneName: (queueName, priority) => `queue/${hostName}/${queueName}/${priority}`,
      findLane: (name) => machine.queue(name),
      laneOpened: (lane, queue) => limitLane(lane, queue, counters),
      routeDeadLetter: (message, exchange, routingKeys) => {
        const route = host().routeDeadLetter(message, exchange, routingKeys, () =>
          headers.headersOf(message),
        );
        return route && { ...route, queues: route.queues as ReadonlySet<WorkQueue<Queue>> };
      },
      publishDeadLetter: (targets, message, isRouted, except) =>
        isRouted
          ? host().publishDeadLetter(targets, message, isRouted, except)
          : void routing.publish(targets, message, false, NOBODY, 0),
      expired: (queue) => host().removeQueue(queue),
    };
  }

  #storedByHost(): Map<string, Definition[]> {
    const { headers } = this.#environment;
    const byHost = new Map<string, Definition[]>();
    for (const [name, value] of this.#stored) {
      try {
        const definition = decodeDefinition(value, headers);
        const known = byHost.get(definition.host);
        if (known === undefined) byHost.set(definition.host, [definition]);
        else known.push(definition);
      } catch (error) {
        this.#leftOut.unreadable(name, error);
      }
    }
    return byHost;
  }
}

/** For MQTT publishers, who are refused before anything is written: x-overflow reject-publish. */
function limitLane(lane: Queue, queue: WorkQueue<Queue>, counters: Counters): void {
  if (queue.settings.overflow === "drop-head") return;
  lane.policy = {
    ...lane.policy,
    /** The queue counts over all its lanes, and only what is ready. */
    get maximumMessages() {
      return queue.isFullFor(0) ? 0 : Number.POSITIVE_INFINITY;
    },
    whenFull: "rejectElseDrop",
    missed: (_message, reason) => counters.drop(reason),
  };
}
