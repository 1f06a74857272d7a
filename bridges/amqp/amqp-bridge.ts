import type { Bridge, BridgePorts } from "../bridge.ts";
import { createForwarding } from "../forwarding.ts";
import { parseMapping } from "./amqp-mapping.ts";
import type { AmqpOptions } from "./amqp-options.ts";
import { AmqpSink } from "./amqp-sink.ts";

/** A bridge that publishes messages to exchanges of an AMQP 0-9-1 server; throws a ConfigError. */
export function createBridge(options: AmqpOptions, ports: BridgePorts): Bridge {
  const { name, lanes, forward } = options;
  const mappings = forward.map((mapping, i) => parseMapping(`bridges.${name}.forward.${i}`, mapping));
  return {
    name,
    lanes,
    forwardings: mappings.map(({ filter, key }, i) => createForwarding(filter, i + 1, key, lanes)),
    createSink: () => new AmqpSink(options, mappings, ports),
  };
}
