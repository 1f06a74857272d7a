export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  /** As in the name; "" for plain counts. */
  readonly unit: "" | "seconds" | "bytes" | "ratio";
  readonly help: string;
  /** Their values come from bounded sets: never client ids, users or topics. */
  readonly labels: readonly string[];
}

const HOST = ["virtual_host"] as const;
/** Queue names are of clients' making: so few queues have a line as metrics.largestQueues says. */
const QUEUE = [...HOST, "queue"] as const;

/** Every metric of ours: docs/metrics.md says the same, and a test compares the two. */
export const CATALOGUE = {
  causeway_build_info: gauge("Always 1; the labels say what is running", "", ["version", "node"]),
  causeway_healthy: gauge("1 when /health answers 200, else 0"),

  causeway_connections: gauge("Open client connections", "", ["transport", "protocol_version"]),
  causeway_connections_opened_total: counter("Client connections accepted since the start"),
  causeway_connections_refused_total: counter("Connections refused before or at CONNECT since the start"),
  causeway_connections_closed_total: counter("Client connections that have ended since the start"),
  causeway_protocol_errors_total: counter("Connections closed because the peer broke the protocol"),
  causeway_limits_reached_total: counter("How often a client was refused, slowed or ended at a limit", "", [
    "limit",
  ]),
  causeway_received_bytes_total: counter("Bytes read from clients", "bytes"),
  causeway_sent_bytes_total: counter("Bytes written to clients", "bytes"),

  causeway_messages_received_total: counter("PUBLISH packets received from clients", "", ["qos"]),
  causeway_messages_sent_total: counter("PUBLISH packets sent to clients", "", ["qos"]),
  causeway_messages_dropped_total: counter("Messages that did not reach a receiver they matched", "", [
    "reason",
  ]),

  causeway_sessions: gauge("Sessions known to the broker", "", ["state"]),
  causeway_subscriptions: gauge("Subscriptions of all sessions"),
  causeway_retained_messages: gauge("Retained messages"),
  causeway_queued_messages: gauge("Messages queued for sessions and shared subscriptions"),
  causeway_queued_bytes: gauge("Size of these messages", "bytes"),
  causeway_largest_queue_messages: gauge("Messages in the longest queue of a session, as last looked for"),

  causeway_storage_info: gauge("Always 1; the label says what an acknowledgement waits for", "", [
    "durability",
  ]),
  causeway_commit_operations: histogram("Puts and deletes per batch written to the store"),
  causeway_commit_size_bytes: histogram("Size of the batches written to the store", "bytes"),
  causeway_commit_duration_seconds: histogram(
    "Time from handing a batch to the store until it was safe",
    "seconds",
  ),
  causeway_commit_failures_total: counter("Batches the store failed to write; each is tried again"),

  causeway_bridge_state: gauge("1 for the state the bridge is in, else 0", "", ["bridge", "state"]),
  causeway_bridge_matched_total: counter("Messages that matched a mapping of the bridge", "", ["bridge"]),
  causeway_bridge_delivered_total: counter("Messages the target has confirmed", "", ["bridge"]),
  causeway_bridge_dead_lettered_total: counter("Messages put into the dead letters", "", ["bridge"]),
  causeway_bridge_dropped_total: counter("Messages given up", "", ["bridge", "reason"]),
  causeway_bridge_retried_total: counter("Messages that had to be sent again", "", ["bridge"]),
  causeway_bridge_send_failures_total: counter("Connections and batches that failed", "", ["bridge"]),
  causeway_bridge_held_at_start_messages: gauge("Messages found in the outbox at the start", "", ["bridge"]),
  causeway_bridge_queued_messages: gauge("Messages in the outbox", "", ["bridge"]),
  causeway_bridge_queued_bytes: gauge("Size of the messages in the outbox", "bytes", ["bridge"]),
  causeway_bridge_lag_seconds: gauge("Age of the oldest message on its way", "seconds", ["bridge"]),

  causeway_work_queues: gauge("AMQP-style queues", "", HOST),
  causeway_work_queue_exchanges: gauge("Exchanges", "", HOST),
  causeway_work_queue_bindings: gauge("Bindings", "", HOST),
  causeway_work_queue_messages: gauge("Messages in AMQP-style queues", "", [...HOST, "state"]),
  causeway_work_queue_bytes: gauge("Payload size of the messages that are ready", "bytes", HOST),
  causeway_work_queue_consumers: gauge("Consumers, over AMQP and of MQTT clients", "", HOST),
  causeway_work_queues_unread: gauge("Queues that hold messages and have no consumer", "", HOST),
  causeway_work_queue_memory_bytes: gauge("What queues that are not durable hold in memory", "bytes"),
  causeway_work_queue_left_out: gauge("Stored exchanges, queues, bindings not restored at the start"),
  causeway_work_queue_published_total: counter("Messages put into queues", "", HOST),
  causeway_work_queue_delivered_total: counter("Messages handed to consumers, repeats too", "", HOST),
  causeway_work_queue_redelivered_total: counter("Of these, messages handed out before", "", HOST),
  causeway_work_queue_acknowledged_total: counter("Messages acknowledged by consumers", "", HOST),
  causeway_work_queue_requeued_total: counter("Messages that came back from consumers", "", HOST),
  causeway_work_queue_expired_total: counter("Messages that stayed too long", "", HOST),
  causeway_work_queue_dead_lettered_total: counter("Messages moved to a dead-letter exchange", "", HOST),
  causeway_work_queue_purged_total: counter("Messages removed by a purge", "", HOST),
  causeway_work_queue_refused_total: counter("Publications a full queue turned away", "", HOST),
  causeway_work_queue_consumer_timeouts_total: counter("Consumers that held a message too long", "", HOST),
  causeway_work_queue_dropped_total: counter("Messages that left a queue and went nowhere", "", [
    ...HOST,
    "reason",
  ]),
  causeway_largest_work_queue_messages: gauge("Messages of the largest queues", "", [...QUEUE, "state"]),
  causeway_largest_work_queue_bytes: gauge("Payload size of what is ready there", "bytes", QUEUE),
  causeway_largest_work_queue_consumers: gauge("Their consumers", "", QUEUE),

  causeway_amqp_connections: gauge("Open AMQP connections"),
  causeway_amqp_channels: gauge("Open channels of these"),
  causeway_amqp_connections_opened_total: counter("AMQP connections accepted since the start"),
  causeway_amqp_connections_refused_total: counter(
    "AMQP connections refused at a limit or for their credentials",
  ),
  causeway_amqp_connections_closed_total: counter("AMQP connections that have ended since the start"),
  causeway_amqp_received_bytes_total: counter("Bytes read from AMQP clients", "bytes"),
  causeway_amqp_sent_bytes_total: counter("Bytes written to AMQP clients", "bytes"),
  causeway_amqp_published_total: counter("basic.publish received, with its message"),
  causeway_amqp_delivered_total: counter("basic.deliver and basic.get-ok sent"),
  causeway_amqp_settled_total: counter("Messages that clients acknowledged, gave back or rejected"),
  causeway_amqp_confirmed_total: counter("Publications confirmed with basic.ack"),
  causeway_amqp_rejected_total: counter("Publications refused with basic.nack"),
  causeway_amqp_returned_total: counter("Mandatory messages returned: nobody got them"),
  causeway_amqp_errors_total: counter("Channels and connections closed for an error", "", ["scope"]),

  causeway_event_loop_delay_seconds: gauge(
    "How long what is due waits for the event loop, mean of the last second",
    "seconds",
  ),
  causeway_event_loop_utilization_ratio: gauge(
    "Share of time the event loop was busy since the last scrape",
    "ratio",
  ),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof CATALOGUE;

/** Upper bounds of the histograms' buckets. */
export const BUCKETS = {
  causeway_commit_operations: [1, 4, 16, 64, 256, 1024, 4096, 16_384],
  causeway_commit_size_bytes: [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216],
  causeway_commit_duration_seconds: [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5,
  ],
} as const satisfies Partial<Record<MetricName, readonly number[]>>;

type Unit = MetricDefinition["unit"];

function counter(help: string, unit: Unit = "", labels: readonly string[] = []) {
  return { type: "counter", unit, help, labels } as const;
}

function gauge(help: string, unit: Unit = "", labels: readonly string[] = []) {
  return { type: "gauge", unit, help, labels } as const;
}

function histogram(help: string, unit: Unit = "") {
  return { type: "histogram", unit, help, labels: [] } as const;
}
