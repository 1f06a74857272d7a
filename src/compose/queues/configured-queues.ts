import { fromPlain } from "../../amqp/codec/table-values.ts";
import { ConfigError } from "../../base/errors.ts";
import { Refusal } from "../../base/refusal.ts";
import type { BrokerConfig } from "../../config/broker-config.ts";
import type { CommitWaiter } from "../../queues/ports.ts";
import type { VirtualHost } from "../../queues/virtual-host.ts";
import type { Queue } from "../../state/queue.ts";

type QueuesConfig = BrokerConfig["queues"];
type Host = VirtualHost<Queue>;

const NOBODY: CommitWaiter = { committed() {} };
/** Owner of what the configuration declares: nothing of it is exclusive. */
const NO_OWNER = {};

/** Declares what `queues:` lists; what is there already must be equal. Throws a ConfigError that names the key. */
export function declareConfigured(
  { exchanges, queues }: QueuesConfig,
  hostNamed: (name: string) => Host | undefined,
): void {
  for (const [index, { name, type, virtualHost, ...rest }] of exchanges.entries()) {
    at(`queues.exchanges.${index}`, virtualHost, hostNamed, (host) => {
      const flags = { durable: true, autoDelete: false, internal: false };
      host.declareExchange({ name, type, ...flags, arguments: fromPlain(rest.arguments) }, NOBODY, 0);
    });
  }
  for (const [index, queue] of queues.entries()) {
    at(`queues.queues.${index}`, queue.virtualHost, hostNamed, (host) => declareQueue(host, queue));
  }
}

function declareQueue(
  host: Host,
  { name, arguments: table, bindings }: QueuesConfig["queues"][number],
): void {
  const flags = { durable: true, exclusive: false, autoDelete: false };
  host.declareQueue({ name, ...flags, arguments: fromPlain(table) }, NO_OWNER, NOBODY, 0);
  for (const { exchange, key, arguments: bindingTable } of bindings) {
    const binding = { source: exchange, destination: name, routingKey: key };
    host.bindQueue({ ...binding, arguments: fromPlain(bindingTable) }, NO_OWNER, NOBODY, 0);
  }
}

function at(
  key: string,
  virtualHost: string,
  hostNamed: (name: string) => Host | undefined,
  declare: (host: Host) => void,
): void {
  const host = hostNamed(virtualHost);
  if (host === undefined) {
    throw new ConfigError(`${key}.virtualHost: '${virtualHost}' is not in queues.virtualHosts: add it there`);
  }
  try {
    declare(host);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new ConfigError(`${key}: ${error.message}`);
  }
}
