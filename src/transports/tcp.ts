import type { Listener } from "../base/listener.ts";
import type { Arrival } from "./arrival.ts";
import type { StreamListenerPorts } from "./ports.ts";
import { sharingReads } from "./shared-reads.ts";
import { SocketServer, type SocketServerOptions } from "./socket-server.ts";
import { SocketStream } from "./socket-stream.ts";

/** Accepts plain TCP connections. */
export class TcpListener implements Listener {
  readonly #ports: StreamListenerPorts;
  readonly #label: string;
  readonly #server: SocketServer;

  constructor(options: SocketServerOptions, ports: StreamListenerPorts) {
    this.#ports = ports;
    this.#label = options.label ?? "tcp";
    this.#server = new SocketServer(options, ports, (arrival) => this.#take(arrival), sharingReads);
  }

  get description(): string {
    return `${this.#label} ${this.#server.address}`;
  }

  open(): Promise<number> {
    return this.#server.open();
  }

  async close(): Promise<void> {
    this.#server.close();
  }

  #take(arrival: Arrival): void {
    arrival.complete();
    const { socket, peer } = arrival;
    const origin = { transport: "tcp", peer, clientCertificate: undefined } as const;
    this.#ports.onConnection(new SocketStream(socket, origin, this.#ports.clock));
  }
}
