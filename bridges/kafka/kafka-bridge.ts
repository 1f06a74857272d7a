import { ConfigError } from "../../src/base/errors.ts";
import type { Bridge, BridgePorts } from "../bridge.ts";
import { createForwarding } from "../forwarding.ts";
import { parseMapping } from "./kafka-mapping.ts";
import type { KafkaOptions } from "./kafka-options.ts";
import { KafkaSink } from "./kafka-sink.ts";
import { repairIdleTimer } from "./kafkajs-timer.ts";
import { tolerateStrayRejections } from "./stray-rejections.ts";

/** A bridge that forwards messages to Kafka topics, in order per record key; throws a ConfigError. */
export function createBridge(options: KafkaOptions, ports: BridgePorts): Bridge {
  const { name, lanes, forward } = options;
  if (options.brokers.length === 0)
    throw new ConfigError(`bridges.${name}.brokers: name at least one broker`);
  const mappings = forward.map((mapping, i) => parseMapping(`bridges.${name}.forward.${i}`, mapping));
  repairIdleTimer();
  tolerateStrayRejections(ports.log);
  return {
    name,
    lanes,
    forwardings: mappings.map(({ filter, key }, i) => createForwarding(filter, i + 1, key, lanes)),
    createSink: () => new KafkaSink(options, mappings, ports),
  };
}
