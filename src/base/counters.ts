/** Why a message did not reach a receiver it matched. */
export type DropReason =
  | "expired"
  | "queue_full"
  | "slow_receiver"
  | "receiver_offline"
  | "packet_too_large"
  | "outbox_full"
  | "not_authorized"
  | "corrupt_record";

/** Plain numbers that hot paths raise; `src/metrics` reads them when scraped. Never reset. */
export class Counters {
  connectionsOpened = 0;
  connectionsRefused = 0;
  connectionsClosed = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** PUBLISH packets by QoS. */
  readonly messagesReceived: [number, number, number] = [0, 0, 0];
  readonly messagesSent: [number, number, number] = [0, 0, 0];
  protocolErrors = 0;
  readonly dropped = new Map<DropReason, number>();

  drop(reason: DropReason, count = 1): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }
}
