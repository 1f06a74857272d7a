import { expect } from "vitest";
import { type TopicFilter, toClientId } from "../../../src/base/ids.ts";
import type { KillableBroker } from "../support/killable-broker.ts";
import { Publisher } from "../support/publisher.ts";
import { queueFaults } from "../support/queue-faults.ts";
import { StoredState } from "../support/stored-state.ts";
import { Subscriber } from "../support/subscriber.ts";
import { Registrar } from "./registrar.ts";

const CAUGHT_UP_MS = 10_000;
const SLEEPERS = ["sleeper-1", "sleeper-2"];

/** Clients with sessions at a broker that will end at a stop point: sleepers' queues only grow. */
export class Workload {
  readonly broker: KillableBroker;
  readonly registrar: Registrar;
  readonly publishers: readonly Publisher[];
  readonly awake: Subscriber;
  #whenAcknowledged: () => void = () => {};

  constructor(broker: KillableBroker) {
    this.broker = broker;
    const port = broker.tcpPort;
    this.registrar = new Registrar(port);
    this.publishers = ([1, 2] as const).flatMap((qos) =>
      [true, false].map(
        (retain) =>
          new Publisher({
            id: `publisher-${qos}-${retain}`,
            port,
            version: retain ? 5 : 4,
            qos,
            topicNames: [`${retain ? "kept" : "load"}/${qos}`],
            retain,
            window: 5,
            payloadBytes: () => (retain ? 1500 : 0),
            acknowledged: () => this.#whenAcknowledged(),
          }),
      ),
    );
    this.awake = new Subscriber({ ...this.#subscriber("awake", 2), receiveMaximum: 20 });
  }

  async prepare(): Promise<void> {
    for (const [n, id] of SLEEPERS.entries()) {
      const sleeper = new Subscriber(this.#subscriber(id, (n + 1) as 1 | 2));
      await sleeper.connect();
      sleeper.hangUp();
    }
    await this.connect();
  }

  async connect(): Promise<void> {
    await this.awake.connect();
    for (const publisher of this.publishers) await publisher.connect();
  }

  /** A client that is away has at least so many messages waiting. */
  async fillQueueOf(clientId: string, messages: number): Promise<void> {
    const away = new Subscriber(this.#subscriber(clientId, 1));
    await away.connect();
    away.hangUp();
    await this.publishSome(messages);
  }

  /** Everybody works until the broker ends; it must have ended by itself, with SIGKILL. */
  async untilStopped(): Promise<void> {
    const registering = this.registrar.work();
    try {
      await this.connect();
      for (const publisher of this.publishers) publisher.start();
    } catch {
      // it ended while they connected
    }
    expect(await this.broker.exited).toBeNull();
    for (const publisher of this.publishers) publisher.pause();
    await registering;
  }

  /** So many more messages are acknowledged, and some are under way. */
  async publishSome(count = 50): Promise<void> {
    const wanted = this.#acknowledgedCount + count;
    for (const publisher of this.publishers) publisher.start();
    while (this.#acknowledgedCount < wanted) {
      await new Promise<void>((resolve) => {
        this.#whenAcknowledged = resolve;
      });
    }
    for (const publisher of this.publishers) publisher.pause();
  }

  /** Everything that is under way is acknowledged and received. */
  async complete(): Promise<void> {
    await this.connect();
    await Promise.all(this.publishers.map((publisher) => publisher.idle()));
    await this.awake.caughtUp(this.acknowledged, CAUGHT_UP_MS);
    expect(this.awake.missing(this.acknowledged)).toEqual([]);
  }

  get #acknowledgedCount(): number {
    return [...this.acknowledged.values()].reduce((sum, sequence) => sum + sequence, 0);
  }

  get acknowledged(): Map<string, number> {
    return new Map(this.publishers.flatMap(({ acknowledged }) => [...acknowledged]));
  }

  /** What is not in the folder although it was acknowledged, or is there twice. */
  async faultsOnDisk(): Promise<string[]> {
    const state = await StoredState.open(this.broker.dataFolder);
    const faults = [...state.corrupt];
    for (const id of SLEEPERS) {
      faults.push(...(await queueFaults(state, `session/${id}`, this.acknowledged)).faults);
    }
    for (const [topicName, sequence] of this.acknowledged) {
      const kept = state.retained.get(topicName) ?? 0;
      if (topicName.startsWith("kept") && kept < sequence) faults.push(`${topicName}: ${kept} < ${sequence}`);
    }
    for (const [clientId, filters] of this.registrar.present) {
      const session = state.machine.session(toClientId(clientId));
      for (const filter of filters) {
        if (!session?.subscriptions.has(filter as TopicFilter))
          faults.push(`${clientId}: ${filter} is not there`);
      }
      if (session === undefined) faults.push(`${clientId} is not there`);
    }
    for (const clientId of this.registrar.absent) {
      if (state.machine.session(toClientId(clientId))) faults.push(`${clientId} is there again`);
    }
    await state.close();
    return [...faults, ...this.awake.faults, ...this.publishers.flatMap(({ faults: seen }) => seen)];
  }

  #subscriber(id: string, qos: 1 | 2) {
    const topicFilters = ["load/#", "kept/#"];
    return { id, port: this.broker.tcpPort, version: 5, qos, topicFilters, answerDelayMs: () => 0 } as const;
  }
}
