import type { Clock } from "../../base/clock.ts";
import type { Counters } from "../../base/counters.ts";
import type { FieldTable } from "../../base/field-table.ts";
import type { Logger } from "../../base/logger.ts";
import type { BrokerConfig } from "../../config/broker-config.ts";
import type { DefinitionKind, DefinitionLimits, HeaderCodec } from "../../queues/ports.ts";

export interface HostLimitsPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Pick<Counters, "limitReached">;
  /** How many there are over all virtual hosts, those apart that are always there. */
  count(kind: DefinitionKind): number;
  readonly codec: Pick<HeaderCodec, "encodeTable">;
}

/** The key in the configuration; what is counted, as `causeway_limits_reached_total` has it for a label. */
const LIMITS = {
  exchange: { key: "maximumExchanges", plural: "exchanges" },
  queue: { key: "maximumQueues", plural: "queues" },
  binding: { key: "maximumBindings", plural: "bindings" },
} as const;
/** Of one definition: without a bound a hundred thousand bindings could hold gigabytes. */
const LARGEST_ARGUMENTS_BYTES = 4096;
/** One line for each kind in so long a time. */
const SILENCE_MS = 60_000;

/** `queues.maximumQueues` and its like: what all virtual hosts may hold together. */
export class HostLimits implements DefinitionLimits {
  readonly #config: BrokerConfig["queues"];
  readonly #ports: HostLimitsPorts;
  readonly #loggedAt = new Map<DefinitionKind, number>();
  #isOn = false;

  constructor(config: BrokerConfig["queues"], ports: HostLimitsPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** From now on. What was stored and what is configured is there whatever the limits say, and counts. */
  turnOn(): void {
    this.#isOn = true;
  }

  refusalOf(kind: DefinitionKind, table: FieldTable): string | undefined {
    if (!this.#isOn) return undefined;
    const { codec, counters } = this.#ports;
    const bytes = codec.encodeTable(table).length;
    if (bytes > LARGEST_ARGUMENTS_BYTES) {
      counters.limitReached("argument_bytes");
      return `its arguments take ${bytes} bytes, more than ${LARGEST_ARGUMENTS_BYTES}`;
    }
    const { key, plural } = LIMITS[kind];
    const maximum = this.#config[key];
    if (this.#ports.count(kind) < maximum) return undefined;
    counters.limitReached(plural);
    this.#log(kind, { limit: `queues.${key}`, maximum });
    return `the limit of ${maximum} ${plural} (queues.${key}) is reached`;
  }

  #log(kind: DefinitionKind, fields: object): void {
    const now = this.#ports.clock.now();
    const loggedAt = this.#loggedAt.get(kind);
    if (loggedAt !== undefined && now - loggedAt < SILENCE_MS) return;
    this.#loggedAt.set(kind, now);
    this.#ports.logger.warn(fields, `no more ${LIMITS[kind].plural} are declared: clients are refused`);
  }
}
