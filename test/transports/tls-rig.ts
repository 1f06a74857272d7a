import { once } from "node:events";
import type { Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Logger } from "../../src/base/logger.ts";
import { TlsListener, type TlsListenerOptions } from "../../src/transports/tls.ts";
import type { TlsOptions } from "../../src/transports/tls-entrance.ts";
import { aListenerPorts } from "./listening.ts";

/** A logger that keeps its lines: `warn: text`. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  #waiting: (() => void)[] = [];

  debug(): void {}
  info(_: object, message: string): void {
    this.#add(`info: ${message}`);
  }
  warn(_: object, message: string): void {
    this.#add(`warn: ${message}`);
  }
  error(_: object, message: string): void {
    this.#add(`error: ${message}`);
  }
  isLevelEnabled(): boolean {
    return false;
  }

  async until(text: string | RegExp): Promise<string> {
    for (;;) {
      const line = this.lines.find((each) => each.match(text));
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** TLS options with the defaults of the configuration. */
export function tlsOptions(options: Partial<TlsOptions> & Pick<TlsOptions, "cert" | "key">): TlsOptions {
  return {
    ca: null,
    crl: null,
    requestCert: false,
    minVersion: "TLSv1.2",
    certificateUser: "none",
    configKey: "listeners.0.tls",
    ...options,
  };
}

/** A TLS listener that is open until the test ends. */
export async function openTls(
  tls: TlsOptions,
  options: Partial<TlsListenerOptions> = {},
  clock: Clock = systemClock,
) {
  const logger = new RecordingLogger();
  const ports = { ...aListenerPorts(clock), logger };
  const listener = new TlsListener(
    {
      host: "127.0.0.1",
      port: 0,
      maximumConnections: 0,
      proxyProtocol: false,
      handshakeTimeoutMs: 10_000,
      ...options,
      tls,
    },
    ports,
  );
  const port = await listener.open();
  onTestFinished(() => listener.close());
  return { listener, ports, port, logger };
}

/** A TLS connection that is closed when the test ends; it may not have shaken hands yet. */
export function dialTls(options: ConnectionOptions): TLSSocket {
  const socket = connect({ host: "127.0.0.1", servername: "localhost", ...options });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A TLS connection after its handshake, as far as the client knows. */
export async function shakeHands(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = dialTls(options);
  await once(socket, "secureConnect");
  return socket;
}

/** Resolves when the connection is gone, with or without an error. */
export function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
