import type { IHeaders } from "kafkajs";
import type { BridgeRecord } from "../bridge.ts";
import type { Template } from "../template.ts";

interface ConfiguredHeader {
  readonly name: string;
  readonly value: Template;
}

type HeaderValue = string | Buffer;

const OUR_NAMES: ReadonlySet<string> = new Set([
  "mqtt-topic",
  "mqtt-qos",
  "mqtt-retain",
  "mqtt-client-id",
  "mqtt-timestamp",
  "bridge-seq",
  "content-type",
  "correlation-data",
  "response-topic",
]);

/**
 * Where the message came from, its MQTT 5 properties, the configured headers, then the user properties in the sender's
 * order, a repeated name with all its values. A user property cannot pose as one of the others: it becomes `user-<name>`.
 */
export function toHeaders(record: BridgeRecord, configured: readonly ConfiguredHeader[]): IHeaders {
  const headers = new Map<string, HeaderValue | HeaderValue[]>(ownHeaders(record));
  for (const { name, value } of configured) headers.set(name, value.render(record.input));
  const taken = new Set([...OUR_NAMES, ...configured.map(({ name }) => name)]);
  for (const [name, value] of record.message.properties?.userProperties ?? []) {
    append(headers, taken.has(name) ? `user-${name}` : name, value);
  }
  return Object.fromEntries(headers);
}

function* ownHeaders({ message, bridgeSeq }: BridgeRecord): Generator<[string, HeaderValue]> {
  yield ["mqtt-topic", message.topicName];
  yield ["mqtt-qos", String(message.qos)];
  yield ["mqtt-retain", String(message.retain)];
  yield ["mqtt-client-id", message.publisherId];
  yield ["mqtt-timestamp", String(message.receivedAt)];
  yield ["bridge-seq", bridgeSeq];
  const { contentType, correlationData, responseTopic } = message.properties ?? {};
  if (contentType !== undefined) yield ["content-type", contentType];
  if (correlationData !== undefined) yield ["correlation-data", correlationData];
  if (responseTopic !== undefined) yield ["response-topic", responseTopic];
}

function append(headers: Map<string, HeaderValue | HeaderValue[]>, name: string, value: string): void {
  const present = headers.get(name);
  if (present === undefined) headers.set(name, value);
  else if (Array.isArray(present)) present.push(value);
  else headers.set(name, [present, value]);
}
