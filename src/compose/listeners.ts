import { AdminListener } from "../admin/admin-server.ts";
import type { ByteStream } from "../base/byte-stream.ts";
import type { Clock } from "../base/clock.ts";
import type { Counters } from "../base/counters.ts";
import type { Listener } from "../base/listener.ts";
import type { Logger } from "../base/logger.ts";
import type { BrokerConfig, ListenerConfig } from "../config/broker-config.ts";
import type { Metrics } from "../metrics/prometheus.ts";
import { TcpListener } from "../transports/tcp.ts";
import { WebSocketListener } from "../transports/ws.ts";

export interface ListenerPorts {
  accept(stream: ByteStream): void;
  health(): readonly string[];
  readonly metrics: Metrics;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A WebSocket message may hold a whole packet and its header. */
const FRAME_OVERHEAD_BYTES = 64 * 1024;

export function createListener(
  listener: ListenerConfig,
  { mqtt }: BrokerConfig,
  ports: ListenerPorts,
): Listener {
  const { host, port } = listener.bind;
  if (listener.type === "admin") return new AdminListener({ host, port }, ports);
  const { maximumConnections } = listener;
  const { clock, logger, counters } = ports;
  const streamPorts = { clock, logger, counters, onConnection: (stream: ByteStream) => ports.accept(stream) };
  if (listener.type === "tcp") return new TcpListener({ host, port, maximumConnections }, streamPorts);
  const { path, allowedOrigins } = listener;
  const maximumFrameBytes = mqtt.maximumPacketSize + FRAME_OVERHEAD_BYTES;
  const handshakeTimeoutMs = mqtt.connectTimeout * 1000;
  return new WebSocketListener(
    { host, port, maximumConnections, path, allowedOrigins, maximumFrameBytes, handshakeTimeoutMs },
    streamPorts,
  );
}
