import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Listener } from "../base/listener.ts";
import type { Arrival } from "./arrival.ts";
import { LINGER_MS, type StreamListenerPorts } from "./ports.ts";
import { SocketServer, type SocketServerOptions } from "./socket-server.ts";
import { TlsEntrance, type TlsOptions } from "./tls-entrance.ts";
import type { SecuredArrival } from "./tls-handshake.ts";
import { WebSocketStream } from "./ws-stream.ts";

export interface WebSocketListenerOptions extends SocketServerOptions {
  /** Undefined: not encrypted. */
  readonly tls?: TlsOptions | undefined;
  /** The only path that is answered, `/mqtt` by habit. */
  readonly path: string;
  /** Origins whose pages may connect; empty = any. Clients outside a browser send none and are let in. */
  readonly allowedOrigins: readonly string[];
  /** Largest WebSocket message accepted; it may hold several MQTT packets or a piece of one [MQTT-6.0.0-2]. */
  readonly maximumFrameBytes: number;
}

/** The order of preference among what a client offers. */
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"] as const;

/** A request that is not upgraded is answered and closed with one of these. */
type Refusal = readonly [status: number, text: string];

/** What is known of a connection when its HTTP request is read. */
type Requester = Pick<SecuredArrival, "arrival" | "clientCertificate">;

/** Accepts MQTT over WebSocket (MQTT 5 §6), encrypted or not. */
export class WebSocketListener implements Listener {
  readonly #options: WebSocketListenerOptions;
  readonly #ports: StreamListenerPorts;
  readonly #server: SocketServer;
  readonly #entrance: TlsEntrance | undefined;
  readonly #http: Server; // never listens: connections are handed to it
  readonly #webSockets: WebSocketServer;
  readonly #requesters = new WeakMap<Duplex, Requester>();

  constructor(options: WebSocketListenerOptions, ports: StreamListenerPorts) {
    const { tls, handshakeTimeoutMs } = options;
    this.#options = options;
    this.#ports = ports;
    this.#http = createHttpServer(options);
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#webSockets = createWebSocketServer(options);
    this.#entrance =
      tls &&
      new TlsEntrance(tls, handshakeTimeoutMs, ports, ({ socket, arrival, clientCertificate }) =>
        this.#serve(socket, { arrival, clientCertificate }),
      );
    this.#server = new SocketServer(options, ports, (arrival) => this.#take(arrival));
  }

  get description(): string {
    return `${this.#transport} ${this.#server.address}${this.#options.path}`;
  }

  open(): Promise<number> {
    const listen = (): Promise<number> => this.#server.open();
    return this.#entrance === undefined ? listen() : this.#entrance.open(listen);
  }

  async reload(): Promise<void> {
    await this.#entrance?.reload();
  }

  async close(): Promise<void> {
    this.#entrance?.close();
    this.#server.close();
  }

  get #transport(): "ws" | "wss" {
    return this.#entrance === undefined ? "ws" : "wss";
  }

  #take(arrival: Arrival): void {
    if (this.#entrance !== undefined) this.#entrance.start(arrival);
    else this.#serve(arrival.socket, { arrival, clientCertificate: undefined });
  }

  #serve(socket: Socket, requester: Requester): void {
    this.#requesters.set(socket, requester);
    this.#http.emit("connection", socket);
    socket.resume();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const requester = this.#requesters.get(socket);
    if (requester === undefined) {
      socket.destroy(); // not one of ours
      return;
    }
    const { arrival, clientCertificate } = requester;
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#refuse(request, socket, refusal, arrival);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      arrival.complete();
      const origin = { transport: this.#transport, peer: arrival.peer, clientCertificate };
      this.#ports.onConnection(new WebSocketStream(webSocket, request.socket, origin));
    });
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { path, allowedOrigins } = this.#options;
    if (pathOf(request) !== path) return [404, "Not Found"];
    const { origin } = request.headers;
    if (allowedOrigins.length > 0 && origin !== undefined && !allowedOrigins.includes(origin)) {
      return [403, "Forbidden"];
    }
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const isMqtt = SUBPROTOCOLS.some((name) => offered.includes(name));
    return isMqtt ? undefined : [400, "Bad Request"]; // [MQTT-6.0.0-3]
  }

  #refuse(request: IncomingMessage, socket: Duplex, [status, text]: Refusal, arrival: Arrival): void {
    const { origin } = request.headers;
    arrival.noteRefusal(`WebSocket handshake refused with ${status}`, { path: pathOf(request), origin });
    socket.on("error", ignore); // the peer is gone already: nothing is left to refuse
    socket.once("finish", () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
}

/** Its own time limits stay unused: an arrival has one deadline for all it has to do. */
function createHttpServer(options: WebSocketListenerOptions): Server {
  return createServer((request, response) => {
    const status = pathOf(request) === options.path ? 426 : 404;
    response
      .writeHead(status, { Connection: "close", ...(status === 426 ? { Upgrade: "websocket" } : {}) })
      .end();
  });
}

function createWebSocketServer(options: WebSocketListenerOptions): WebSocketServer {
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maximumFrameBytes,
    closeTimeout: LINGER_MS,
    handleProtocols: (offered: Set<string>) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false, // [MQTT-6.0.0-4]
  };
  return new WebSocketServer(serverOptions);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0] ?? "";
}

function ignore(): void {}
