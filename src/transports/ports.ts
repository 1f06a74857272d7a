import type { ByteStream } from "../base/byte-stream.ts";
import type { Clock } from "../base/clock.ts";
import type { Counters } from "../base/counters.ts";
import type { Logger } from "../base/logger.ts";

/** What a listener that hands over byte streams needs of the rest of the broker. */
export interface StreamListenerPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The listener raises `connectionsRefused` only; the rest is counted by whoever owns the stream. */
  readonly counters: Counters;
  /** Takes the stream over and starts it; must not throw. */
  onConnection(stream: ByteStream): void;
}

/** How long a peer may take to close its side after we ended ours, in milliseconds. */
export const LINGER_MS = 5_000;

/** Connections the kernel may hold for us before they are accepted: fleets reconnect all at once. */
export const BACKLOG = 4_096;
