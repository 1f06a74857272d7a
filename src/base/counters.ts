import { countUp } from "./count-up.ts";
/** Why a message did not reach a receiver it matched. */
export type DropReason =
  | "expired"
  | "queue_full"
  | "budget_full"
  | "displaced"
  | "refused"
  | "slow_receiver"
  | "receiver_offline"
  | "packet_too_large"
  | "outbox_full"
  | "not_authorized"
  | "payload_format_invalid"
  | "corrupt_record";

/** What a client, or all of them together, had too much of. */
export type Limit =
  | "connections_per_listener"
  | "connections_per_address"
  | "connect_rate"
  | "loop_delay"
  | "connect_timeout"
  | "unauthenticated_packet_size"
  | "packet_size"
  | "packet_entries"
  | "topic_levels"
  | "subscriptions"
  | "receive_maximum"
  | "unreleased_messages"
  | "message_rate"
  | "exchanges"
  | "queues"
  | "bindings"
  | "argument_bytes";

/** Plain numbers that hot paths raise; `src/metrics` reads them when scraped. Never reset. */
export class Counters {
  connectionsOpened = 0;
  connectionsRefused = 0;
  connectionsClosed = 0;
  /** CONNECT packets, refused ones too. */
  connectsReceived = 0;
  sessionsExpired = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** Control packets of all types. */
  packetsReceived = 0;
  packetsSent = 0;
  /** Of PUBLISH packets. */
  payloadBytesReceived = 0;
  payloadBytesSent = 0;
  /** PUBLISH packets by QoS. */
  readonly messagesReceived: [number, number, number] = [0, 0, 0];
  readonly messagesSent: [number, number, number] = [0, 0, 0];
  protocolErrors = 0;
  readonly dropped = new Map<DropReason, number>();
  readonly limitsReached = new Map<Limit, number>();

  drop(reason: DropReason, count = 1): void {
    countUp(this.dropped, reason, count);
  }

  limitReached(limit: Limit): void {
    countUp(this.limitsReached, limit);
  }
}
