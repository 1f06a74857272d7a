import { readFile } from "node:fs/promises";
import type { Bridge, BridgePorts, OutboxLane } from "../../bridges/bridge.ts";
import { BridgeRunner, type BridgeStatus, DEFAULT_RUNNER_OPTIONS } from "../../bridges/runner.ts";
import type { Clock } from "../base/clock.ts";
import { ConfigError, describe } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { BridgeConfig } from "../config/broker-config.ts";
import type { Router } from "../routing/router.ts";
import type { Journal } from "../state/journal.ts";
import type { Queue } from "../state/queue.ts";
import type { StateMachine } from "../state/state-machine.ts";
import { MappingReceiver, QueueLane } from "./outbox.ts";

export interface BridgeEnvironment {
  readonly machine: StateMachine;
  readonly journal: Journal;
  readonly router: Router<Queue>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A configured bridge with its outbox, filled from the start of the broker whether the far side is there or not. */
export class RunningBridge {
  readonly #runner: BridgeRunner;
  readonly #lanes: readonly Queue[];
  readonly #firstSeqs: readonly number[];

  constructor(runner: BridgeRunner, lanes: readonly Queue[]) {
    this.#runner = runner;
    this.#lanes = lanes;
    this.#firstSeqs = lanes.map((lane) => lane.nextSeq);
  }

  start(): void {
    this.#runner.start();
  }

  stop(graceMs: number): Promise<void> {
    return this.#runner.stop(graceMs);
  }

  status(): BridgeStatus {
    const { counters } = this.#runner;
    const enqueued = this.#lanes.reduce(
      (sum, lane, i) => sum + lane.nextSeq - (this.#firstSeqs[i] as number),
      0,
    );
    counters.matched = enqueued + (counters.dropped.get("outbox_full") ?? 0);
    return this.#runner.status();
  }
}

/** Declares a bridge's queues, subscribes its mappings, and returns it ready to start. */
export async function openBridge(
  config: BridgeConfig,
  environment: BridgeEnvironment,
): Promise<RunningBridge> {
  const { clock, logger } = environment;
  const bridge = await createBridge(config, { clock, log: logger });
  const lanes = Array.from({ length: bridge.lanes }, (_, lane) =>
    declare(`bridge/${bridge.name}/${lane}`, environment),
  );
  const deadLetters = declare(`bridge/${bridge.name}/dead`, environment);
  const outboxLanes = lanes.map((lane) => new QueueLane(lane, deadLetters, environment.journal, clock));
  const runner = createRunner(bridge, outboxLanes, config, environment);
  for (const lane of lanes) {
    lane.policy = {
      maximumMessages: Math.ceil(config.outbox.maximumMessages / lanes.length),
      maximumBytes: Math.ceil(config.outbox.maximumBytes / lanes.length),
      whenFull: config.outbox.whenFull,
      missed: () => runner.counters.drop("outbox_full"),
    };
  }
  deadLetters.policy = { ...deadLetters.policy, maximumMessages: config.deadLetters.maximumMessages };
  subscribe(bridge, lanes, environment.router);
  return new RunningBridge(runner, lanes);
}

function createRunner(
  bridge: Bridge,
  lanes: readonly OutboxLane[],
  { batch, retry }: BridgeConfig,
  { clock, logger }: BridgeEnvironment,
): BridgeRunner {
  return new BridgeRunner(
    bridge,
    { clock, log: logger, random: Math.random, lanes },
    {
      ...DEFAULT_RUNNER_OPTIONS,
      maximumBatchRecords: batch.maximumRecords,
      maximumBatchBytes: batch.maximumBytes,
      minimumRetryMs: retry.initialMs,
      maximumRetryMs: retry.maximumMs,
    },
  );
}

/** QoS 2 at the filter: the outbox gets every message with the QoS it was published with. */
function subscribe(bridge: Bridge, lanes: readonly Queue[], router: Router<Queue>): void {
  for (const { filter, mapping, laneOf } of bridge.forwardings) {
    router.subscribe({
      receiver: new MappingReceiver(lanes, laneOf),
      topicFilter: filter,
      options: { qos: 2, noLocal: false, retainAsPublished: true, subscriptionIdentifier: mapping },
    });
  }
}

function declare(name: string, { machine, journal, clock }: BridgeEnvironment): Queue {
  if (machine.queue(name) === undefined) journal.append({ type: "declare", name, at: clock.now() });
  return machine.queue(name) as Queue;
}

/** The client libraries are loaded only for the kinds of bridge that are configured. */
async function createBridge(config: BridgeConfig, ports: BridgePorts): Promise<Bridge> {
  switch (config.type) {
    case "kafka": {
      const kafka = await import("../../bridges/kafka/kafka-bridge.ts");
      const tls = await readTls(`bridges.${config.name}.tls`, config.tls);
      return kafka.createBridge({ ...config, tls, sasl: config.sasl ?? undefined }, ports);
    }
    case "amqp": {
      const amqp = await import("../../bridges/amqp/amqp-bridge.ts");
      return amqp.createBridge(config, ports);
    }
  }
}

type KafkaConfig = Extract<BridgeConfig, { type: "kafka" }>;

async function readTls(key: string, tls: KafkaConfig["tls"]) {
  if (typeof tls === "boolean") return tls;
  return {
    ca: await readPem(`${key}.ca`, tls.ca),
    cert: await readPem(`${key}.cert`, tls.cert),
    key: await readPem(`${key}.key`, tls.key),
    rejectUnauthorized: tls.rejectUnauthorized,
  };
}

async function readPem(key: string, file: string | null): Promise<string | undefined> {
  if (file === null) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`${key}: ${describe(cause)}`, { cause });
  }
}
