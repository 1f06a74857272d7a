import { createServer, type Server, type Socket } from "node:net";
import { formatAddress } from "../base/network-address.ts";
import { Arrival } from "./arrival.ts";
import { ConnectionLimit, listen } from "./listen.ts";
import type { StreamListenerPorts } from "./ports.ts";
import { createNetworks, type ProxyProtocolOptions } from "./proxy-networks.ts";
import { readProxyHeader } from "./read-proxy-header.ts";

/** What every listener on a TCP port is told. */
export interface SocketServerOptions {
  /** What the listener is called in the readiness line; undefined = by its transport. */
  readonly label?: string;
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Connections above this are closed at once; 0 = no limit. */
  readonly maximumConnections: number;
  /** Networks that must send a PROXY header; from everybody else such a header is a malformed first packet. */
  readonly proxyProtocol: ProxyProtocolOptions | false;
  /** Time from the TCP connection to the stream: PROXY header, TLS handshake and upgrade together. */
  readonly handshakeTimeoutMs: number;
}

/** Bytes a connection may have buffered before `drained` is owed. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** Accepts TCP connections and hands them on, paused, once they have said whom they speak for. */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #ports: StreamListenerPorts;
  readonly #take: (arrival: Arrival) => void;
  readonly #limit: ConnectionLimit;
  readonly #server: Server;
  readonly #isProxy: ((address: string) => boolean) | undefined;
  readonly #arrivals = new Set<Arrival>();
  #port: number;

  /** `prepare` may put a socket of its own in the place of the accepted one. */
  constructor(
    options: SocketServerOptions,
    ports: StreamListenerPorts,
    take: (arrival: Arrival) => void,
    prepare: (accepted: Socket) => Socket = asItIs,
  ) {
    this.#options = options;
    this.#ports = ports;
    this.#take = take;
    this.#port = options.port;
    this.#isProxy = options.proxyProtocol === false ? undefined : createNetworks(options.proxyProtocol);
    this.#server = createServer(
      { noDelay: true, pauseOnConnect: true, highWaterMark: HIGH_WATER_MARK_BYTES },
      (accepted) => this.#accept(prepare(accepted)),
    );
    this.#limit = new ConnectionLimit(options.maximumConnections, ports);
  }

  /** `127.0.0.1:1883`, with the port really bound once it is open. */
  get address(): string {
    return formatAddress(this.#options.host, this.#port);
  }

  async open(): Promise<number> {
    const { host, port } = this.#options;
    this.#port = await listen(this.#server, host, port, this.#ports.logger);
    return this.#port;
  }

  /** Also ends connections that are no streams yet; nobody else knows them. */
  close(): void {
    this.#server.close(); // gives the port up at once; its callback would wait for open connections
    for (const { socket } of [...this.#arrivals]) socket.destroy();
  }

  #accept(socket: Socket): void {
    if (!this.#limit.admits(socket)) return;
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) {
      socket.destroy(); // reset before it was accepted
      return;
    }
    const arrival = new Arrival(socket, this.#ports, (settled) => this.#arrivals.delete(settled));
    if (this.#isProxy?.(remoteAddress)) readProxyHeader(arrival, () => this.#take(arrival));
    else this.#take(arrival);
    if (arrival.isSettled) return; // plain TCP: there was nothing to wait for
    this.#arrivals.add(arrival);
    arrival.startDeadline(this.#options.handshakeTimeoutMs);
  }
}

function asItIs(accepted: Socket): Socket {
  return accepted;
}
