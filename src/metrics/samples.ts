import type { DropReason, Limit } from "../base/counters.ts";
import type { BUCKETS, MetricName } from "./catalogue.ts";
import type { Sample } from "./metric-text.ts";
import type {
  AmqpFigures,
  BridgeFigures,
  BridgeState,
  HostFigures,
  LargestQueue,
  MetricsSources,
  QueueDropReason,
  WorkQueueFigures,
} from "./sources.ts";

/** What one scrape reads, once. */
export interface Snapshot {
  readonly version: string;
  readonly durability: MetricsSources["durability"];
  readonly counters: MetricsSources["counters"];
  readonly isHealthy: boolean;
  readonly connections: ReturnType<MetricsSources["connections"]>;
  readonly sessions: ReturnType<MetricsSources["sessions"]>;
  readonly subscriptions: number;
  readonly retainedMessages: number;
  readonly sessionQueues: ReturnType<MetricsSources["sessionQueues"]>;
  readonly longestSessionQueue: number;
  readonly bridges: readonly BridgeFigures[];
  readonly workQueues: WorkQueueFigures;
  readonly amqp: AmqpFigures;
  readonly loopDelayMs: number;
  readonly eventLoopUtilization: number;
}

export function takeSnapshot(sources: MetricsSources, eventLoopUtilization: number): Snapshot {
  return {
    version: sources.version,
    durability: sources.durability,
    counters: sources.counters,
    isHealthy: sources.health().length === 0,
    connections: sources.connections(),
    sessions: sources.sessions(),
    subscriptions: sources.subscriptions(),
    retainedMessages: sources.retainedMessages(),
    sessionQueues: sources.sessionQueues(),
    longestSessionQueue: sources.longestSessionQueue(),
    bridges: sources.bridges(),
    workQueues: sources.workQueues(),
    amqp: sources.amqp(),
    loopDelayMs: sources.loopDelayMs(),
    eventLoopUtilization,
  };
}

/** Read at scrape time; the others are observed as they happen. */
export type SampledMetric = Exclude<MetricName, keyof typeof BUCKETS | "causeway_commit_failures_total">;

type Read = (snapshot: Snapshot) => readonly Sample[];

/** Where each metric's value comes from. */
export const SAMPLES: Readonly<Record<SampledMetric, Read>> = {
  causeway_build_info: ({ version }) => [[1, { version, node: process.versions.node }]],
  causeway_healthy: ({ isHealthy }) => [[isHealthy ? 1 : 0]],

  causeway_connections: ({ connections }) =>
    connections.map(({ transport, protocolVersion, count }) => [
      count,
      { transport, protocol_version: PROTOCOL_NAMES[protocolVersion] },
    ]),
  causeway_connections_opened_total: ({ counters }) => [[counters.connectionsOpened]],
  causeway_connections_refused_total: ({ counters }) => [[counters.connectionsRefused]],
  causeway_connections_closed_total: ({ counters }) => [[counters.connectionsClosed]],
  causeway_protocol_errors_total: ({ counters }) => [[counters.protocolErrors]],
  causeway_limits_reached_total: ({ counters }) =>
    LIMITS.map((limit) => [counters.limitsReached.get(limit) ?? 0, { limit }]),
  causeway_received_bytes_total: ({ counters }) => [[counters.bytesReceived]],
  causeway_sent_bytes_total: ({ counters }) => [[counters.bytesSent]],

  causeway_messages_received_total: ({ counters }) => byQoS(counters.messagesReceived),
  causeway_messages_sent_total: ({ counters }) => byQoS(counters.messagesSent),
  causeway_messages_dropped_total: ({ counters }) =>
    DROP_REASONS.map((reason) => [counters.dropped.get(reason) ?? 0, { reason }]),

  causeway_sessions: ({ sessions }) => [
    [sessions.online, { state: "online" }],
    [sessions.offline, { state: "offline" }],
  ],
  causeway_subscriptions: ({ subscriptions }) => [[subscriptions]],
  causeway_retained_messages: ({ retainedMessages }) => [[retainedMessages]],
  causeway_queued_messages: ({ sessionQueues }) => [[sessionQueues.messages]],
  causeway_queued_bytes: ({ sessionQueues }) => [[sessionQueues.bytes]],
  causeway_largest_queue_messages: ({ longestSessionQueue }) => [[longestSessionQueue]],

  causeway_storage_info: ({ durability }) => [[1, { durability }]],

  causeway_bridge_state: ({ bridges }) => bridges.flatMap(bridgeStates),
  causeway_bridge_matched_total: perBridge((bridge) => bridge.matched),
  causeway_bridge_delivered_total: perBridge((bridge) => bridge.delivered),
  causeway_bridge_dead_lettered_total: perBridge((bridge) => bridge.deadLettered),
  causeway_bridge_dropped_total: ({ bridges }) => bridges.flatMap(bridgeDrops),
  causeway_bridge_retried_total: perBridge((bridge) => bridge.retried),
  causeway_bridge_send_failures_total: perBridge((bridge) => bridge.sendFailures),
  causeway_bridge_held_at_start_messages: perBridge((bridge) => bridge.heldAtStart),
  causeway_bridge_queued_messages: perBridge((bridge) => bridge.queued),
  causeway_bridge_queued_bytes: perBridge((bridge) => bridge.queuedBytes),
  causeway_bridge_lag_seconds: perBridge((bridge) => bridge.lagMs / 1000),

  causeway_work_queues: perHost((host) => host.queues),
  causeway_work_queue_exchanges: perHost((host) => host.exchanges),
  causeway_work_queue_bindings: perHost((host) => host.bindings),
  causeway_work_queue_messages: ({ workQueues }) => workQueues.hosts.flatMap(byState),
  causeway_work_queue_bytes: perHost((host) => host.bytes),
  causeway_work_queue_consumers: perHost((host) => host.consumers),
  causeway_work_queues_unread: perHost((host) => host.unread),
  causeway_work_queue_memory_bytes: ({ workQueues }) => [[workQueues.memoryBytes]],
  causeway_work_queue_left_out: ({ workQueues }) => [[workQueues.leftOut]],
  causeway_work_queue_published_total: perHost((host) => host.published),
  causeway_work_queue_delivered_total: perHost((host) => host.delivered),
  causeway_work_queue_redelivered_total: perHost((host) => host.redelivered),
  causeway_work_queue_acknowledged_total: perHost((host) => host.acknowledged),
  causeway_work_queue_requeued_total: perHost((host) => host.requeued),
  causeway_work_queue_expired_total: perHost((host) => host.expired),
  causeway_work_queue_dead_lettered_total: perHost((host) => host.deadLettered),
  causeway_work_queue_purged_total: perHost((host) => host.purged),
  causeway_work_queue_refused_total: perHost((host) => host.refused),
  causeway_work_queue_consumer_timeouts_total: perHost((host) => host.timedOut),
  causeway_work_queue_dropped_total: ({ workQueues }) => workQueues.hosts.flatMap(dropsByReason),
  causeway_largest_work_queue_messages: ({ workQueues }) => workQueues.largest.flatMap(stateOfLargest),
  causeway_largest_work_queue_bytes: perLargest((queue) => queue.bytes),
  causeway_largest_work_queue_consumers: perLargest((queue) => queue.consumers),

  causeway_amqp_connections: ({ amqp }) => [[amqp.connections]],
  causeway_amqp_channels: ({ amqp }) => [[amqp.channels]],
  causeway_amqp_connections_opened_total: ({ amqp }) => [[amqp.connectionsOpened]],
  causeway_amqp_connections_refused_total: ({ amqp }) => [[amqp.connectionsRefused]],
  causeway_amqp_connections_closed_total: ({ amqp }) => [[amqp.connectionsClosed]],
  causeway_amqp_received_bytes_total: ({ amqp }) => [[amqp.bytesReceived]],
  causeway_amqp_sent_bytes_total: ({ amqp }) => [[amqp.bytesSent]],
  causeway_amqp_published_total: ({ amqp }) => [[amqp.published]],
  causeway_amqp_delivered_total: ({ amqp }) => [[amqp.delivered]],
  causeway_amqp_settled_total: ({ amqp }) => [[amqp.settled]],
  causeway_amqp_confirmed_total: ({ amqp }) => [[amqp.confirmed]],
  causeway_amqp_rejected_total: ({ amqp }) => [[amqp.rejected]],
  causeway_amqp_returned_total: ({ amqp }) => [[amqp.returned]],
  causeway_amqp_errors_total: ({ amqp }) => [
    [amqp.channelErrors, { scope: "channel" }],
    [amqp.connectionErrors, { scope: "connection" }],
  ],

  causeway_event_loop_delay_seconds: ({ loopDelayMs }) => [[loopDelayMs / 1000]],
  causeway_event_loop_utilization_ratio: ({ eventLoopUtilization }) => [[eventLoopUtilization]],
};

const PROTOCOL_NAMES = { 3: "3.1", 4: "3.1.1", 5: "5" } as const;

const DROP_REASONS = keysOf<DropReason>({
  expired: true,
  queue_full: true,
  budget_full: true,
  displaced: true,
  refused: true,
  slow_receiver: true,
  receiver_offline: true,
  packet_too_large: true,
  outbox_full: true,
  not_authorized: true,
  payload_format_invalid: true,
  corrupt_record: true,
});

const LIMITS = keysOf<Limit>({
  connections_per_listener: true,
  connections_per_address: true,
  connect_rate: true,
  loop_delay: true,
  connect_timeout: true,
  unauthenticated_packet_size: true,
  packet_size: true,
  packet_entries: true,
  topic_levels: true,
  subscriptions: true,
  receive_maximum: true,
  unreleased_messages: true,
  message_rate: true,
  exchanges: true,
  queues: true,
  bindings: true,
  argument_bytes: true,
});

const QUEUE_DROP_REASONS = keysOf<QueueDropReason>({
  expired: true,
  maxlen: true,
  rejected: true,
  delivery_limit: true,
  cycle: true,
  target_full: true,
  memory: true,
});

const BRIDGE_STATES = keysOf<BridgeState>({
  connecting: true,
  up: true,
  retrying: true,
  blocked: true,
  stopped: true,
});

/** All members of a union: one that is missing here does not compile. */
function keysOf<Key extends string>(members: Readonly<Record<Key, true>>): readonly Key[] {
  return Object.keys(members) as Key[];
}

function byQoS(counts: readonly number[]): Sample[] {
  return counts.map((count, qos) => [count, { qos: String(qos) }]);
}

function perBridge(figure: (bridge: BridgeFigures) => number): Read {
  return ({ bridges }) => bridges.map((bridge) => [figure(bridge), { bridge: bridge.name }]);
}

function perHost(figure: (host: HostFigures) => number): Read {
  return ({ workQueues }) =>
    workQueues.hosts.map((host) => [figure(host), { virtual_host: host.virtualHost }]);
}

function byState({ virtualHost, ready, unacknowledged }: HostFigures): Sample[] {
  return [
    [ready, { virtual_host: virtualHost, state: "ready" }],
    [unacknowledged, { virtual_host: virtualHost, state: "unacknowledged" }],
  ];
}

function dropsByReason({ virtualHost, dropped }: HostFigures): Sample[] {
  return QUEUE_DROP_REASONS.map((reason) => [
    dropped.get(reason) ?? 0,
    { virtual_host: virtualHost, reason },
  ]);
}

function perLargest(figure: (queue: LargestQueue) => number): Read {
  return ({ workQueues }) =>
    workQueues.largest.map((one) => [figure(one), { virtual_host: one.virtualHost, queue: one.queue }]);
}

function stateOfLargest({ virtualHost, queue, ready, unacknowledged }: LargestQueue): Sample[] {
  const labels = { virtual_host: virtualHost, queue };
  return [
    [ready, { ...labels, state: "ready" }],
    [unacknowledged, { ...labels, state: "unacknowledged" }],
  ];
}

function bridgeStates(bridge: BridgeFigures): Sample[] {
  return BRIDGE_STATES.map((state) => [bridge.state === state ? 1 : 0, { bridge: bridge.name, state }]);
}

function bridgeDrops(bridge: BridgeFigures): Sample[] {
  return Object.entries(bridge.dropped).map(([reason, count]) => [
    count ?? 0,
    { bridge: bridge.name, reason },
  ]);
}
