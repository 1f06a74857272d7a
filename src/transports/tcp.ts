import { createServer, type Server } from "node:net";
import type { Listener } from "../base/listener.ts";
import { formatAddress } from "../base/network-address.ts";
import { listen } from "./listen.ts";
import type { StreamListenerPorts } from "./ports.ts";
import { TcpStream } from "./tcp-stream.ts";

export interface TcpListenerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Connections above this are closed at once; 0 = no limit. */
  readonly maximumConnections: number;
}

/** Bytes a connection may have buffered before `drained` is owed. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** Accepts plain TCP connections. */
export class TcpListener implements Listener {
  readonly #options: TcpListenerOptions;
  readonly #ports: StreamListenerPorts;
  readonly #server: Server;
  #port: number;

  constructor(options: TcpListenerOptions, ports: StreamListenerPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#port = options.port;
    this.#server = createServer(
      { noDelay: true, pauseOnConnect: true, highWaterMark: HIGH_WATER_MARK_BYTES },
      (socket) => ports.onConnection(new TcpStream(socket, ports.clock)),
    );
    limitConnections(this.#server, options.maximumConnections, ports);
  }

  get description(): string {
    return `tcp ${formatAddress(this.#options.host, this.#port)}`;
  }

  async open(): Promise<number> {
    const { host, port } = this.#options;
    this.#port = await listen(this.#server, host, port, this.#ports.logger);
    return this.#port;
  }

  async close(): Promise<void> {
    this.#server.close(); // gives the port up at once; its callback would wait for open connections
  }
}

/** Closes and counts what comes in above the limit. */
export function limitConnections(
  server: Server,
  maximumConnections: number,
  ports: StreamListenerPorts,
): void {
  if (maximumConnections === 0) return;
  server.maxConnections = maximumConnections;
  server.on("drop", () => {
    ports.counters.connectionsRefused++;
    if (ports.logger.isLevelEnabled("debug")) {
      ports.logger.debug({ maximumConnections }, "connection refused: the listener is full");
    }
  });
}
