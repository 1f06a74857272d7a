import { AdminListener } from "../admin/admin-server.ts";
import type { ByteStream } from "../base/byte-stream.ts";
import type { Clock } from "../base/clock.ts";
import type { Counters } from "../base/counters.ts";
import type { Inspection } from "../base/inspection.ts";
import type { Listener } from "../base/listener.ts";
import type { Logger } from "../base/logger.ts";
import type { BrokerConfig, ListenerConfig } from "../config/broker-config.ts";
import type { Metrics } from "../metrics/prometheus.ts";
import { TcpListener } from "../transports/tcp.ts";
import { TlsListener } from "../transports/tls.ts";
import type { TlsOptions } from "../transports/tls-entrance.ts";
import { UnixListener } from "../transports/unix.ts";
import { WebSocketListener } from "../transports/ws.ts";

export interface ListenerPorts {
  accept(stream: ByteStream): void;
  acceptAmqp(stream: ByteStream): void;
  health(): readonly string[];
  readonly metrics: Metrics;
  readonly inspection: Inspection;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A WebSocket message may hold a whole packet and its header. */
const FRAME_OVERHEAD_BYTES = 64 * 1024;

/** `configKey` is where errors say the listener is configured: `listeners.0`. */
export function createListener(
  listener: ListenerConfig,
  configKey: string,
  { mqtt }: BrokerConfig,
  ports: ListenerPorts,
): Listener {
  const { clock, logger, counters } = ports;
  const isAmqp = listener.type === "amqp" || listener.type === "amqps";
  const onConnection = (stream: ByteStream) => (isAmqp ? ports.acceptAmqp(stream) : ports.accept(stream));
  const streamPorts = { clock, logger, counters, onConnection };
  if (listener.type === "admin") return new AdminListener(listener.bind, ports);
  if (listener.type === "unix") {
    return new UnixListener({ ...listener, mode: Number.parseInt(listener.mode, 8) }, streamPorts);
  }
  const { maximumConnections, proxyProtocol } = listener;
  const handshakeTimeoutMs = mqtt.connectTimeout * 1000;
  const options = {
    ...listener.bind,
    label: listener.type,
    maximumConnections,
    proxyProtocol,
    handshakeTimeoutMs,
  };
  if (listener.type === "tcp" || listener.type === "amqp") return new TcpListener(options, streamPorts);
  if (listener.type === "tls" || listener.type === "amqps") {
    return new TlsListener({ ...options, tls: tlsOptions(listener, configKey) }, streamPorts);
  }
  const { path, allowedOrigins } = listener;
  const maximumFrameBytes = mqtt.maximumPacketSize + FRAME_OVERHEAD_BYTES;
  const tls = listener.type === "wss" ? tlsOptions(listener, configKey) : undefined;
  return new WebSocketListener({ ...options, path, allowedOrigins, maximumFrameBytes, tls }, streamPorts);
}

type WithTls = Extract<ListenerConfig, { readonly tls: unknown }>;

function tlsOptions({ tls, certificateUser }: WithTls, configKey: string): TlsOptions {
  const requestCert = tls.requestCert === true ? "required" : tls.requestCert;
  return { ...tls, requestCert, certificateUser, configKey: `${configKey}.tls` };
}
