import type { Listener } from "../base/listener.ts";
import type { StreamListenerPorts } from "./ports.ts";
import { SocketServer, type SocketServerOptions } from "./socket-server.ts";
import { SocketStream } from "./socket-stream.ts";
import { TlsEntrance, type TlsOptions } from "./tls-entrance.ts";
import type { SecuredArrival } from "./tls-handshake.ts";

export interface TlsListenerOptions extends SocketServerOptions {
  readonly tls: TlsOptions;
}

/** Accepts TCP connections that are encrypted from their first byte, or the first after a PROXY header. */
export class TlsListener implements Listener {
  readonly #ports: StreamListenerPorts;
  readonly #label: string;
  readonly #entrance: TlsEntrance;
  readonly #server: SocketServer;

  constructor(options: TlsListenerOptions, ports: StreamListenerPorts) {
    this.#ports = ports;
    this.#label = options.label ?? "tls";
    this.#entrance = new TlsEntrance(options.tls, options.handshakeTimeoutMs, ports, (secured) =>
      this.#take(secured),
    );
    this.#server = new SocketServer(options, ports, (arrival) => this.#entrance.start(arrival));
  }

  get description(): string {
    return `${this.#label} ${this.#server.address}`;
  }

  open(): Promise<number> {
    return this.#entrance.open(() => this.#server.open());
  }

  reload(): Promise<void> {
    return this.#entrance.reload();
  }

  async close(): Promise<void> {
    this.#entrance.close();
    this.#server.close();
  }

  #take({ arrival, socket, clientCertificate }: SecuredArrival): void {
    arrival.complete();
    const origin = { transport: "tls", peer: arrival.peer, clientCertificate } as const;
    this.#ports.onConnection(new SocketStream(socket, origin, this.#ports.clock));
  }
}
